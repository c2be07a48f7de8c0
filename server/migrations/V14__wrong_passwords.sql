-- Counted in the store, so that a guesser gets no more tries from several nodes than from one.
CREATE TABLE wrong_passwords (
    subject TEXT NOT NULL PRIMARY KEY,
    times ${integer} NOT NULL,
    since TEXT NOT NULL
)${strict};
