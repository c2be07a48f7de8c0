CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN twice integer GENERATED ALWAYS AS (a * 2) STORED;
