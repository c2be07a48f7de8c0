-- A column the same migration added held nothing.
CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
ALTER TABLE users ADD COLUMN scratch text;
ALTER TABLE users DROP COLUMN scratch;
ALTER TABLE users DROP COLUMN IF EXISTS never_there;
