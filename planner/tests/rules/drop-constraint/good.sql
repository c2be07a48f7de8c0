CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0));
-- migration --
ALTER TABLE t DROP CONSTRAINT positive;
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 1) NOT VALID;
