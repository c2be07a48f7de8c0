CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
CREATE INDEX users_email_idx ON users (email);
