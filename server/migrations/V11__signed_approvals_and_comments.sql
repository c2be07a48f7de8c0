ALTER TABLE plans ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE plans ADD COLUMN valid_until TEXT;
ALTER TABLE approvals ADD COLUMN expires_at TEXT;
ALTER TABLE approvals ADD COLUMN policy TEXT NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN signed TEXT;

CREATE TABLE plan_files (
    sha256 TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    at TEXT NOT NULL
)${strict};

CREATE TABLE comments (
    id ${identity} PRIMARY KEY,
    digest TEXT NOT NULL,
    step TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    comment TEXT NOT NULL
)${strict};
