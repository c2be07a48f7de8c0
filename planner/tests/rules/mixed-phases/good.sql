CREATE TABLE users (id bigint PRIMARY KEY, first_name text);
-- migration --
ALTER TABLE users ADD COLUMN given_name text;
