CREATE TABLE audit_events (id bigint PRIMARY KEY, actor text);
-- migration --
ALTER TABLE audit_events ADD COLUMN reason text;
INSERT INTO audit_events (id, actor) VALUES (1, 'ada');
