CREATE TABLE rehearsals (
    digest TEXT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    returns ${boolean} NOT NULL,
    result TEXT NOT NULL
)${strict};
