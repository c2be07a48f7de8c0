-- dialect: sqlite
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES users (id));
-- migration --
ALTER TABLE users RENAME TO users_old;
CREATE TABLE users (id integer PRIMARY KEY, name text);
INSERT INTO users (id) SELECT id FROM users_old;
DROP TABLE users_old;
