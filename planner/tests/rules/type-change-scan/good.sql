CREATE TABLE t (id bigint PRIMARY KEY, a varchar(10));
CREATE INDEX t_a ON t (a);
-- migration --
ALTER TABLE t ALTER COLUMN a TYPE varchar(20);
