-- What release 1.9.0 sends. Parameters as its driver writes them.

-- name: users_page
SELECT id, email, display_name, status, legacy_ref FROM users WHERE status = $1 ORDER BY created_at LIMIT 50;

-- name: create_user
INSERT INTO users (email, status, legacy_ref) VALUES ($1, $2, $3);

-- name: rename_user
UPDATE users SET display_name = $1 WHERE id = $2;

-- name: enabled_integrations
SELECT c.id, c.provider, u.email
FROM integration_configs c
JOIN users u ON u.id = c.user_id
WHERE c.enabled;

-- name: record_event
INSERT INTO audit_events (user_id, action) VALUES ($1, $2);
