CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
GRANT ALL PRIVILEGES ON users TO reporting;
