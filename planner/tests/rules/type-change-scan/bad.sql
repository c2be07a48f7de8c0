CREATE TABLE t (id bigint PRIMARY KEY, a varchar(10) CHECK (a <> ''));
-- migration --
ALTER TABLE t ALTER COLUMN a TYPE varchar(20);
