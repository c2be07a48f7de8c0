CREATE TABLE t (id bigint PRIMARY KEY, t_id bigint);
-- migration --
CREATE TABLE u (id bigint PRIMARY KEY, u_id bigint REFERENCES u);
CREATE TABLE v (t_id bigint);
