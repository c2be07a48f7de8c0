CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE TABLE v (t_id bigint REFERENCES t);
