CREATE TABLE audit_events (id bigint PRIMARY KEY, actor text);
-- migration --
DELETE FROM audit_events WHERE actor = 'ada';
