CREATE TABLE measures (
    run TEXT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    measures TEXT NOT NULL
)${strict};
