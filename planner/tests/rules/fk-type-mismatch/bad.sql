CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE TABLE u (id bigint PRIMARY KEY, t_id integer REFERENCES t);
