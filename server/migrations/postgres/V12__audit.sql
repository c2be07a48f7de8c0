CREATE TABLE audit_chain (
    id TEXT NOT NULL PRIMARY KEY
);

INSERT INTO audit_chain (id) VALUES (md5(random()::text || clock_timestamp()::text));

CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
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
);

CREATE FUNCTION audit_is_only_appended_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only appended to';
END
$$;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_only_appended_to();

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_only_appended_to();

CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_appended_to();
