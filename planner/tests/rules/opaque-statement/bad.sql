CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'users'); END $$;
