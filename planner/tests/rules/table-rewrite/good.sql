CREATE TABLE users (id integer PRIMARY KEY, email varchar(50));
-- migration --
ALTER TABLE users ALTER COLUMN email TYPE varchar(100);
