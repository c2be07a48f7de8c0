-- Release 2.0.0 stopped reading it. What it held is gone for good.
ALTER TABLE users DROP COLUMN legacy_ref;
