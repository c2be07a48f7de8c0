CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE SCHEMA s;
-- migration --
ALTER TABLE t SET SCHEMA s;
