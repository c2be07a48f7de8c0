CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
SET lock_timeout = '5s';
CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
