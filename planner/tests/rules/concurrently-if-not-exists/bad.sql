CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);
