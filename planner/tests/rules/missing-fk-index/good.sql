CREATE TABLE users (id bigint PRIMARY KEY);
-- migration --
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));
CREATE INDEX orders_user_id_idx ON orders (user_id);
