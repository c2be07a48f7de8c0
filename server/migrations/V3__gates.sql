CREATE TABLE gates (
    digest TEXT NOT NULL,
    step TEXT NOT NULL,
    gate TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (digest, step)
)${strict};
