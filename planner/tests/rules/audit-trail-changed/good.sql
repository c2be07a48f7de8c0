CREATE TABLE audit_events (id bigint PRIMARY KEY, actor text);
-- migration --
ALTER TABLE audit_events ADD COLUMN reason text;
UPDATE audit_events SET reason = 'none given';
INSERT INTO audit_events (id, actor) VALUES (1, 'ada');
