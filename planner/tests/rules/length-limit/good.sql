CREATE TABLE t (name text CHECK (length(name) <= 50));
