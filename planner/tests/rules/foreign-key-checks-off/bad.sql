-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
-- migration --
SET FOREIGN_KEY_CHECKS = 0;
ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id);
SET FOREIGN_KEY_CHECKS = 1;
