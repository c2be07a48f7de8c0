CREATE TABLE recovery_points (
    run TEXT NOT NULL,
    at TEXT NOT NULL,
    point TEXT NOT NULL
) STRICT;
