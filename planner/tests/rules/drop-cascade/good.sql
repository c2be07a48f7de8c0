CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE TABLE u (id bigint);
CREATE VIEW v AS SELECT id FROM u;
-- migration --
DROP TABLE t CASCADE;
