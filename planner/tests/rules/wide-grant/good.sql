CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
GRANT SELECT ON users TO reporting;
REVOKE ALL ON users FROM PUBLIC;
