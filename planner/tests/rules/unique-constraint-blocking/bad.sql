CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
