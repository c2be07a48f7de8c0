CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ADD COLUMN email_lower text;
UPDATE users SET email_lower = lower(email);
