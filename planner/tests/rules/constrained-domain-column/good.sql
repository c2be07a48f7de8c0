CREATE TABLE t (id bigint PRIMARY KEY, a integer, b text);
CREATE DOMAIN number AS integer;
-- migration --
ALTER TABLE t ADD COLUMN c number;
