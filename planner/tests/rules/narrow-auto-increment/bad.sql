-- dialect: mariadb
CREATE TABLE users (id smallint NOT NULL AUTO_INCREMENT PRIMARY KEY);
