CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
