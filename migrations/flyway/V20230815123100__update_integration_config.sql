-- A constant default costs nothing: PostgreSQL stores it once (11 and later).
SET lock_timeout = '5s';

ALTER TABLE integration_configs
    ADD COLUMN retry_limit integer NOT NULL DEFAULT 3,
    ADD COLUMN last_error  text;
