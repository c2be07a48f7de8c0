-- version: 17
CREATE TABLE lines (price integer, twice integer GENERATED ALWAYS AS (price * 2) STORED);
-- migration --
ALTER TABLE lines ALTER COLUMN twice SET EXPRESSION AS (price + price);
