-- No key to cut it by.
CREATE TABLE users (email text, status text);
-- migration --
UPDATE users SET status = 'active' WHERE status = 'pending';
