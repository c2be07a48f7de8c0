CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT positive;
