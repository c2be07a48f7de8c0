-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY, left_on date);
