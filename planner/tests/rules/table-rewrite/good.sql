-- version: 17
CREATE TABLE lines (price integer, twice integer);
-- migration --
ALTER TABLE lines ALTER COLUMN twice SET DEFAULT 0;
