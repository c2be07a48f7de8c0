-- Who counts as active, in one place.
CREATE OR REPLACE VIEW active_users AS
SELECT id, email, display_name, activated_at
FROM users
WHERE status = 'active';
