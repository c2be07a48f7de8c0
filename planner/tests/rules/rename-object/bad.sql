CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE INDEX t_a ON t (a);
-- migration --
ALTER INDEX t_a RENAME TO t_a_idx;
