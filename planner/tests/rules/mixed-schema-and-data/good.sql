CREATE TABLE users (id bigint PRIMARY KEY, email text, email_lower text);
-- migration --
UPDATE users SET email_lower = lower(email);
