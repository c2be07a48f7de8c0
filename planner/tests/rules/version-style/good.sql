-- file: V20231201100000__create_users.sql
CREATE TABLE users (id bigint PRIMARY KEY);
