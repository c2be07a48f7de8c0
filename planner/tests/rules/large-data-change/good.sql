CREATE TABLE users (email text, status text);
-- migration --
INSERT INTO users (email, status) VALUES ('a@example.org', 'active');
