CREATE TABLE audit_chain (
    id TEXT NOT NULL PRIMARY KEY
) STRICT;

INSERT INTO audit_chain (id) VALUES (lower(hex(randomblob(16))));

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    chain TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    environment TEXT NOT NULL,
    subject TEXT NOT NULL,
    digest TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    key TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT raise(ABORT, 'the audit log is only appended to');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN
    SELECT raise(ABORT, 'the audit log is only appended to');
END;
