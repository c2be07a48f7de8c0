CREATE TABLE users (id bigint PRIMARY KEY, legacy text);
-- migration --
-- flightplan:ignore drop-column nothing has read it since 2.0
ALTER TABLE users DROP COLUMN legacy;
