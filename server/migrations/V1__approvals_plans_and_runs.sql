CREATE TABLE approvals (
    digest TEXT NOT NULL,
    environment TEXT NOT NULL,
    approver TEXT NOT NULL,
    at TEXT NOT NULL,
    comment TEXT NOT NULL,
    PRIMARY KEY (digest, approver)
)${strict};

CREATE TABLE plans (
    digest TEXT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    plan TEXT NOT NULL,
    choices TEXT NOT NULL
)${strict};

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    started_at TEXT NOT NULL,
    run TEXT NOT NULL
)${strict};

CREATE TABLE events (
    run TEXT NOT NULL,
    sequence ${integer} NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
)${strict};
