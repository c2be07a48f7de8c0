-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(50), name varchar(40), status enum('new','active','gone'));
-- migration --
ALTER TABLE users ADD COLUMN nick varchar(40);
CREATE INDEX users_email ON users (email);
