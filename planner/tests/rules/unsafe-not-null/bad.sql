CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
