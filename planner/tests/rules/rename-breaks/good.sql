-- A view with the old name keeps older releases reading and writing.
CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
ALTER TABLE users RENAME TO people;
CREATE VIEW users AS SELECT * FROM people;
