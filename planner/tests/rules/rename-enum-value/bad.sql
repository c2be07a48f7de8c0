CREATE TYPE e AS ENUM ('a');
-- migration --
ALTER TYPE e RENAME VALUE 'a' TO 'b';
