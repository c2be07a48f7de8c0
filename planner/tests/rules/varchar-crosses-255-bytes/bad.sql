-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(50), name varchar(40), status enum('new','active','gone'));
-- migration --
ALTER TABLE users MODIFY COLUMN email varchar(320);
