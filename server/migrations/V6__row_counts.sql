CREATE TABLE row_counts (
    environment TEXT NOT NULL,
    target TEXT NOT NULL,
    at TEXT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (environment, target)
)${strict};
