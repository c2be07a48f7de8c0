-- Everyone who signed up before activation existed counts as active.
UPDATE users SET status = 'active', activated_at = created_at WHERE status = 'pending';
