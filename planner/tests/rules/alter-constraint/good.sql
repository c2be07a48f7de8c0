CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE TABLE u (t_id bigint CONSTRAINT k REFERENCES t);
ALTER TABLE u ALTER CONSTRAINT k DEFERRABLE;
