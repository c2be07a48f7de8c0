CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
CREATE TABLE scratch (id bigint);
DROP TABLE scratch;
DROP TABLE IF EXISTS never_there;
