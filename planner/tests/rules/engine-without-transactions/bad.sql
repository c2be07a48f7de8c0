-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY) ENGINE=MyISAM;
