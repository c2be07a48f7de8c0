CREATE TABLE t (a integer, b integer, c integer, d integer);
CREATE UNIQUE INDEX i ON t (a, b, c, d);
CREATE INDEX j ON t (a, b) INCLUDE (c, d);
