-- dialect: mariadb
CREATE TABLE tokens (id bigint PRIMARY KEY, expires_at timestamp NULL);
