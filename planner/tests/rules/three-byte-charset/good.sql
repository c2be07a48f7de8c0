-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY) DEFAULT CHARSET=utf8mb4;
