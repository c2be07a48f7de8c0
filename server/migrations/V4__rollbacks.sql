CREATE TABLE rollbacks (
    run TEXT NOT NULL PRIMARY KEY,
    undone TEXT NOT NULL
)${strict};
