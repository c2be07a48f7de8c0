CREATE TABLE orders (id bigint PRIMARY KEY, unit_price double precision);
