-- Built while people go on writing; cannot run inside a transaction.
CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
