CREATE TYPE e AS ENUM ('low', 'high');
-- migration --
ALTER TYPE e ADD VALUE 'middle';
