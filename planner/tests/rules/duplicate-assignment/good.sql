CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
UPDATE t SET a = 1, b = 'a, a' WHERE id = 1;
