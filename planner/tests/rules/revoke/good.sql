CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
GRANT SELECT ON t TO reports;
