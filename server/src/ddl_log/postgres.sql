CREATE TABLE IF NOT EXISTS {schema}.flightplan_ddl (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    role name NOT NULL DEFAULT session_user,
    application text,
    address inet,
    tag text NOT NULL,
    object text,
    statement text
);
CREATE OR REPLACE FUNCTION {schema}.flightplan_ddl_note() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $note$
DECLARE
    one record;
    application text := current_setting('application_name', true);
BEGIN
    -- Runs have a journal of their own.
    IF application LIKE 'flightplan %' THEN
        RETURN;
    END IF;
    IF TG_EVENT = 'sql_drop' THEN
        FOR one IN SELECT object_identity FROM pg_event_trigger_dropped_objects() WHERE original AND NOT is_temporary LOOP
            INSERT INTO {schema}.flightplan_ddl (application, address, tag, object, statement)
            VALUES (application, inet_client_addr(), TG_TAG, one.object_identity, current_query());
        END LOOP;
    ELSE
        FOR one IN SELECT DISTINCT object_identity FROM pg_event_trigger_ddl_commands()
                   WHERE schema_name IS NULL OR schema_name !~ '^pg_(temp|toast)' LOOP
            INSERT INTO {schema}.flightplan_ddl (application, address, tag, object, statement)
            VALUES (application, inet_client_addr(), TG_TAG, one.object_identity, current_query());
        END LOOP;
    END IF;
END
$note$;
DROP EVENT TRIGGER IF EXISTS flightplan_ddl;
CREATE EVENT TRIGGER flightplan_ddl ON ddl_command_end EXECUTE FUNCTION {schema}.flightplan_ddl_note();
DROP EVENT TRIGGER IF EXISTS flightplan_ddl_drop;
CREATE EVENT TRIGGER flightplan_ddl_drop ON sql_drop EXECUTE FUNCTION {schema}.flightplan_ddl_note();
