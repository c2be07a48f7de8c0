-- A validated check lets PostgreSQL 12 and later skip the scan.
CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users ADD CONSTRAINT users_email_not_null CHECK (email IS NOT NULL) NOT VALID;
-- migration --
ALTER TABLE users VALIDATE CONSTRAINT users_email_not_null;
-- migration --
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_email_not_null;
