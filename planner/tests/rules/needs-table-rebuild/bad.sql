-- dialect: sqlite
CREATE TABLE users (id integer PRIMARY KEY, age text);
-- migration --
ALTER TABLE users ALTER COLUMN age TYPE integer;
