CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
DELETE FROM t WHERE a = 0;
