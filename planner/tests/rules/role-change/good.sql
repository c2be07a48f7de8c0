CREATE TABLE t (id bigint);
GRANT SELECT ON t TO reports;
