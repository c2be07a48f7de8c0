CREATE TABLE t (id bigint PRIMARY KEY, a integer, EXCLUDE USING btree (a WITH =));
