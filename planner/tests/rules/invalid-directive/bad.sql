CREATE TABLE users (id bigint PRIMARY KEY, legacy text);
-- migration --
-- flightplan:ignore drop-column
ALTER TABLE users DROP COLUMN legacy;
