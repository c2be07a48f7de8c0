-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE DEFINER=`root`@`localhost` VIEW everyone AS SELECT id FROM users;
