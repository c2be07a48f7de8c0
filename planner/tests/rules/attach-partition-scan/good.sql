CREATE TABLE p (k integer NOT NULL, a integer) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 (k integer NOT NULL, a integer, CHECK (k = 2));
-- migration --
CREATE TABLE p3 (k integer NOT NULL, a integer);
ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3);
