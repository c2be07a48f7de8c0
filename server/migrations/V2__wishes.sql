CREATE TABLE wishes (
    run TEXT NOT NULL PRIMARY KEY,
    wish TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL
)${strict};
