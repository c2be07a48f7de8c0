-- file: R__reports.sql
CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE VIEW v AS SELECT id FROM t;
