CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE TABLE u (id bigint PRIMARY KEY);
-- migration --
CREATE TABLE v (t_id bigint REFERENCES t, u_id bigint REFERENCES u);
