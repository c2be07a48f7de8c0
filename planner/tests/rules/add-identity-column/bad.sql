CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;
