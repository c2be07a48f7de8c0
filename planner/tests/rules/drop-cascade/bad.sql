CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT id FROM t;
-- migration --
DROP TABLE t CASCADE;
