CREATE TABLE users (id integer PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ALTER COLUMN id TYPE bigint;
