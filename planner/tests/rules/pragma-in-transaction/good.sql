-- dialect: sqlite
-- conf: executeInTransaction=false
CREATE TABLE users (id integer PRIMARY KEY);
-- migration --
PRAGMA foreign_keys = OFF;
BEGIN;
DROP TABLE users;
COMMIT;
PRAGMA foreign_keys = ON;
