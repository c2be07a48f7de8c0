CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
-- migration --
LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
