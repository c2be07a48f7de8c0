CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users RENAME COLUMN email TO mail;
