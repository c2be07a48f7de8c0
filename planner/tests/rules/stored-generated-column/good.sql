CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN twice integer;
CREATE TABLE u (a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED);
