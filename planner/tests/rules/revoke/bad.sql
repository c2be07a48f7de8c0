CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
REVOKE SELECT ON t FROM reports;
