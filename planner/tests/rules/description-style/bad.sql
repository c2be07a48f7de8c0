-- file: V9__Add Users.sql
CREATE TABLE users (id bigint PRIMARY KEY);
