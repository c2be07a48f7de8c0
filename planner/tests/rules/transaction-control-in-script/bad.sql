CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
ALTER TABLE users ADD COLUMN a text;
COMMIT;
ALTER TABLE users ADD COLUMN b text;
