CREATE SCHEMA s;
-- migration --
DROP SCHEMA s;
