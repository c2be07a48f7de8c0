REVOKE SELECT ON audit_events FROM ${audit_role};
