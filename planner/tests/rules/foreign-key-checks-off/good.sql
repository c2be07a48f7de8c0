-- dialect: mariadb
-- What a dump writes: off while it loads, and back to what it was.
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
-- migration --
SET @OLD_FOREIGN_KEY_CHECKS = @@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS = 0;
INSERT INTO orders VALUES (1, 1);
SET FOREIGN_KEY_CHECKS = @OLD_FOREIGN_KEY_CHECKS;
ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id);
