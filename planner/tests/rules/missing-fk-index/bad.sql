CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));
