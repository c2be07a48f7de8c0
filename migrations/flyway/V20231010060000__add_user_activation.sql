SET lock_timeout = '5s';

ALTER TABLE users ADD COLUMN activated_at timestamptz;
