-- dialect: mysql
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(50), KEY users_email (email));
-- migration --
ALTER TABLE users ALTER INDEX users_email INVISIBLE;
-- migration --
ALTER TABLE users DROP INDEX users_email;
