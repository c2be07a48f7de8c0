CREATE TABLE t (id bigint);
CREATE UNIQUE INDEX t_id ON t (id);
-- migration --
ALTER TABLE t ADD PRIMARY KEY USING INDEX t_id;
