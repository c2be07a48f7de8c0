CREATE TABLE orders (id bigint PRIMARY KEY, unit_price numeric(12, 2), weight double precision);
