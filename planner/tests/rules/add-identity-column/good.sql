CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
ALTER TABLE t ADD COLUMN n bigint;
CREATE SEQUENCE t_n OWNED BY t.n;
ALTER TABLE t ALTER n SET DEFAULT nextval('t_n');
