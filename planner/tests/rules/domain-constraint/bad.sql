CREATE DOMAIN d AS integer;
CREATE TABLE t (a d);
-- migration --
ALTER DOMAIN d ADD CHECK (VALUE > 0);
