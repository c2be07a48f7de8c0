-- dialect: mariadb
CREATE TABLE tokens (id bigint PRIMARY KEY, expires_at datetime, created_at timestamp);
