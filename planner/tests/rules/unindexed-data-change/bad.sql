CREATE TABLE users (id bigint PRIMARY KEY, status text);
-- migration --
UPDATE users SET status = 'active' WHERE status = 'pending';
