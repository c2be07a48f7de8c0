-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY, left_on date NOT NULL DEFAULT '0000-00-00');
