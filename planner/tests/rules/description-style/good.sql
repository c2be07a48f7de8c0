-- file: V9__add_users.sql
CREATE TABLE users (id bigint PRIMARY KEY);
