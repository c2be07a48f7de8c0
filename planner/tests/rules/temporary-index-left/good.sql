-- file: V2__prepare.sql
CREATE TABLE users (id bigint PRIMARY KEY, status text);
-- migration --
CREATE INDEX CONCURRENTLY tmp_users_status ON users (status);
-- later --
UPDATE users SET status = 'active' WHERE status = 'pending';
-- later --
DROP INDEX CONCURRENTLY tmp_users_status;
