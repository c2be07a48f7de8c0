CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
SET lock_timeout = 0;
ALTER TABLE t ADD COLUMN c text;
