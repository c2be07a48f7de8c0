CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
ALTER TABLE users DROP COLUMN email;
