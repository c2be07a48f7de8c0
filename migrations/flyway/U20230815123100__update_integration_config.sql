ALTER TABLE integration_configs
    DROP COLUMN last_error,
    DROP COLUMN retry_limit;
