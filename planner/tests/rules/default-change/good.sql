CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN c integer;
ALTER TABLE t ALTER c SET DEFAULT 0;
