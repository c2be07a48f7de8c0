CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ADD COLUMN name text;
CREATE INDEX users_email_idx ON users (email);
-- undo --
ALTER TABLE users DROP COLUMN name;
