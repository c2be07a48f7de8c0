CREATE TABLE idempotency (
    key TEXT NOT NULL PRIMARY KEY,
    request TEXT NOT NULL,
    at TEXT NOT NULL,
    status ${integer},
    body TEXT
)${strict};
