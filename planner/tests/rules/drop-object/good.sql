CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT id FROM t;
-- migration --
DROP VIEW v;
CREATE VIEW v AS SELECT id, a FROM t;
