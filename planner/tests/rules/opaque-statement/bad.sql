CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$;
