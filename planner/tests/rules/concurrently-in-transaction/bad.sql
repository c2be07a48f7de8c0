CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ADD COLUMN status text;
CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
