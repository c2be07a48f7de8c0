CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE TEMPORARY TABLE u AS SELECT id FROM t;
