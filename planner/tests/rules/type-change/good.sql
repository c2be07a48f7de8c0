CREATE TABLE users (id bigint PRIMARY KEY, age varchar(10));
-- migration --
ALTER TABLE users ALTER COLUMN age TYPE text;
