CREATE TABLE t (id bigint PRIMARY KEY);
CREATE TABLE u (a integer, b integer, PRIMARY KEY (a, b));
