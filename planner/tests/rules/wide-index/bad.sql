CREATE TABLE t (a integer, b integer, c integer, d integer);
CREATE INDEX i ON t (a, b, c, d);
