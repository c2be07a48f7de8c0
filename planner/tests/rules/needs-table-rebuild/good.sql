-- dialect: sqlite
CREATE TABLE users (id integer PRIMARY KEY, age text);
-- migration --
CREATE TABLE users_new (id integer PRIMARY KEY, age integer);
INSERT INTO users_new SELECT id, age FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
