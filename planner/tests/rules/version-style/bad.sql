-- file: V20231301100000__create_users.sql
CREATE TABLE users (id bigint PRIMARY KEY);
