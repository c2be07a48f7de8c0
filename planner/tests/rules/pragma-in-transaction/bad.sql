-- dialect: sqlite
CREATE TABLE users (id integer PRIMARY KEY);
-- migration --
BEGIN;
PRAGMA foreign_keys = OFF;
DROP TABLE users;
COMMIT;
