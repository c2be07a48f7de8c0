CREATE TABLE users (
    name TEXT NOT NULL PRIMARY KEY,
    password TEXT,
    groups TEXT NOT NULL,
    enabled ${boolean} NOT NULL,
    at TEXT NOT NULL
)${strict};

CREATE TABLE grants (
    "user" TEXT NOT NULL,
    role TEXT NOT NULL,
    project TEXT NOT NULL,
    environment TEXT NOT NULL,
    PRIMARY KEY ("user", role, project, environment)
)${strict};

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    "user" TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT
)${strict};

CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    "user" TEXT NOT NULL,
    at TEXT NOT NULL,
    expires_at TEXT NOT NULL
)${strict};
