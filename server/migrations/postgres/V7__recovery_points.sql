-- SQLite has rowid by itself: rows of the same millisecond keep their order.
CREATE TABLE recovery_points (
    run TEXT NOT NULL,
    at TEXT NOT NULL,
    point TEXT NOT NULL,
    rowid BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
