CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid();
