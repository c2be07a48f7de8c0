CREATE TABLE t (a integer NOT NULL);
-- migration --
ALTER TABLE t ALTER a DROP NOT NULL;
