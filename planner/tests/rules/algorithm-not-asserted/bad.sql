-- dialect: mariadb
-- rows: users=5000000
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(50));
-- migration --
ALTER TABLE users ADD COLUMN nick varchar(40);
