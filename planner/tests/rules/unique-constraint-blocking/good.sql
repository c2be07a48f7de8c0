CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
-- migration --
ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
