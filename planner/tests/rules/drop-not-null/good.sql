CREATE TABLE t (a integer);
-- migration --
ALTER TABLE t ALTER a DROP NOT NULL;
