-- dialect: sqlite
CREATE TABLE users (id integer PRIMARY KEY);
-- migration --
PRAGMA foreign_keys = OFF;
DROP TABLE users;
PRAGMA foreign_keys = ON;
