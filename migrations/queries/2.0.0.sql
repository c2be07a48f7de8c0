-- What release 2.0.0 sends: display_name is always given, legacy_ref is no longer read.

-- name: users_page
SELECT id, email, display_name, status FROM users WHERE status = $1 ORDER BY created_at LIMIT 50;

-- name: create_user
INSERT INTO users (email, display_name) VALUES ($1, $2);

-- name: activate_user
UPDATE users SET status = 'active', activated_at = CURRENT_TIMESTAMP WHERE id = $1;

-- name: preferences
SELECT p.name, p.value FROM user_preferences p WHERE p.user_id = $1;

-- name: set_preference
INSERT INTO user_preferences (user_id, name, value) VALUES ($1, $2, $3)
ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value, updated_at = CURRENT_TIMESTAMP;

-- name: integrations_to_retry
SELECT id, provider, retry_limit, last_error FROM integration_configs WHERE enabled AND last_error IS NOT NULL;
