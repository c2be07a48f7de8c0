CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE INDEX t_a ON t (a);
-- migration --
DROP INDEX t_a;
CREATE INDEX t_a_b ON t (a, b);
