CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE INDEX t_a ON t (a);
-- migration --
CREATE INDEX CONCURRENTLY t_a_b ON t (a, b);
-- migration --
DROP INDEX CONCURRENTLY t_a;
