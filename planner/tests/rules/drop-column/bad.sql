CREATE TABLE users (id bigint PRIMARY KEY, legacy text);
-- migration --
ALTER TABLE users DROP COLUMN legacy;
