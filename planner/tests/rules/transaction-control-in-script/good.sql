CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
SAVEPOINT before_a;
ALTER TABLE users ADD COLUMN a text;
RELEASE SAVEPOINT before_a;
