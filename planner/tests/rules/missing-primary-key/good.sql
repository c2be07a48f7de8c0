-- dialect: mariadb
CREATE TABLE visits (at datetime NOT NULL, page varchar(80));
ALTER TABLE visits ADD COLUMN id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY;
