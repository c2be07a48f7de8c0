-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY) ENGINE=InnoDB;
CREATE TEMPORARY TABLE seen (id bigint PRIMARY KEY) ENGINE=MEMORY;
