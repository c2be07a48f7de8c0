CREATE DOMAIN d AS integer;
CREATE TABLE t (a integer);
-- migration --
ALTER DOMAIN d ADD CHECK (VALUE > 0);
