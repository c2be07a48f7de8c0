-- file: R__reports.sql
CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE OR REPLACE VIEW v AS SELECT id FROM t;
DROP FUNCTION IF EXISTS f;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
