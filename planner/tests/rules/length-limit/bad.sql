CREATE TABLE t (name varchar(50));
