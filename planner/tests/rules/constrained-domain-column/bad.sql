CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
-- migration --
ALTER TABLE t ADD COLUMN c positive;
