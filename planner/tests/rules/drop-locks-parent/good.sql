CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE TABLE u (t_id bigint);
-- migration --
DROP TABLE u;
