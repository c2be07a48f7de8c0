CREATE TABLE emergencies (
    id TEXT NOT NULL PRIMARY KEY,
    started_at TEXT NOT NULL,
    emergency TEXT NOT NULL
)${strict};
