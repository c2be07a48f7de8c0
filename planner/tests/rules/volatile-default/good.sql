CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN c timestamptz NOT NULL DEFAULT now();
ALTER TABLE t ADD COLUMN d uuid;
ALTER TABLE t ALTER d SET DEFAULT gen_random_uuid();
CREATE TABLE u (id bigint PRIMARY KEY);
ALTER TABLE u ADD COLUMN c uuid DEFAULT gen_random_uuid();
