-- dialect: sqlite
CREATE TABLE users (id integer PRIMARY KEY);
-- migration --
PRAGMA foreign_keys = OFF;
