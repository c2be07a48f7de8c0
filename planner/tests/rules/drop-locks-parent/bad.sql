CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE TABLE u (t_id bigint REFERENCES t);
-- migration --
DROP TABLE u;
