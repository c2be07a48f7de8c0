CREATE OR REPLACE VIEW integration_overview AS
SELECT u.id AS user_id, u.email, c.provider, c.enabled, c.retry_limit
FROM users u
JOIN integration_configs c ON c.user_id = u.id;
