-- The role comes from flightplan.toml: pg_monitor exists on every server.
GRANT SELECT ON audit_events TO ${audit_role};
