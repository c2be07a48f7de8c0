CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE TABLE u (t_id bigint CONSTRAINT k REFERENCES t);
-- migration --
ALTER TABLE u ALTER CONSTRAINT k DEFERRABLE;
