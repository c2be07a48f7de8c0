CREATE TABLE users (id bigint PRIMARY KEY, status text);
CREATE INDEX tmp_users_status ON users (status);
-- migration --
UPDATE users SET status = 'active' WHERE status = 'pending';
