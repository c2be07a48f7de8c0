-- Only rows this migration touched have both columns equal.
UPDATE users SET status = 'pending', activated_at = NULL WHERE status = 'active' AND activated_at = created_at;
