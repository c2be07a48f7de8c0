-- version: 14.4
CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
CREATE INDEX CONCURRENTLY t_a ON t (a);
