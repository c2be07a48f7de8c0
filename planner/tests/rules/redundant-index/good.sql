CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE INDEX t_a_b ON t (a, b);
CREATE INDEX t_id ON t (b) WHERE a > 0;
-- migration --
CREATE INDEX CONCURRENTLY t_b ON t (b);
