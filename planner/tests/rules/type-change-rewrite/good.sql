CREATE TABLE t (id bigint PRIMARY KEY, a varchar(10), b numeric(8,2));
-- migration --
ALTER TABLE t ALTER COLUMN a TYPE varchar(20);
ALTER TABLE t ALTER COLUMN a TYPE text;
ALTER TABLE t ALTER COLUMN b TYPE numeric(12,2);
