CREATE SCHEMA s;
CREATE TABLE s.t (id bigint);
-- migration --
DROP SCHEMA s CASCADE;
