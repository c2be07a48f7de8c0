-- dialect: mariadb
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE SQL SECURITY INVOKER VIEW everyone AS SELECT id FROM users;
