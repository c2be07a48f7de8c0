CREATE TYPE mood AS ENUM ('good');
CREATE TABLE users (id bigint PRIMARY KEY, mood mood);
-- migration --
ALTER TYPE mood ADD VALUE 'bad';
UPDATE users SET mood = 'bad' WHERE id = 1;
