CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0));
-- migration --
ALTER TABLE t DROP CONSTRAINT positive;
