-- dialect: mariadb
CREATE TABLE visits (at datetime NOT NULL, page varchar(80));
