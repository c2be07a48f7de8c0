-- What release 2.1.0 sends.

-- name: users_page
SELECT id, email, display_name, status, activated_at FROM users WHERE status = $1 ORDER BY created_at LIMIT 50;

-- name: create_user
INSERT INTO users (email, display_name) VALUES ($1, $2) RETURNING id;

-- name: preferences
SELECT name, value FROM user_preferences WHERE user_id = $1;

-- name: events_of_user
SELECT e.action, e.detail, e.occurred_at
FROM audit_events e
WHERE e.user_id = $1 AND EXISTS (SELECT 1 FROM users u WHERE u.id = e.user_id)
ORDER BY e.occurred_at DESC;

-- name: record_event
INSERT INTO audit_events (user_id, action, detail) VALUES ($1, $2, $3);
