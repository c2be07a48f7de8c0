-- Checks every row of both tables while writes to both wait.
ALTER TABLE audit_events
    ADD CONSTRAINT audit_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
