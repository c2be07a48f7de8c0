-- Everything comes back; how a default is spelled does not count.
CREATE TABLE users (id bigint PRIMARY KEY, email text, state text DEFAULT 'new');
-- migration --
ALTER TABLE users ADD COLUMN name text;
ALTER TABLE users ALTER COLUMN state DROP DEFAULT;
CREATE INDEX users_email_idx ON users (email);
-- undo --
DROP INDEX users_email_idx;
ALTER TABLE users ALTER COLUMN state SET DEFAULT 'new'::text;
ALTER TABLE users DROP COLUMN name;
