CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
UPDATE t SET a = 1, a = 2 WHERE id = 1;
