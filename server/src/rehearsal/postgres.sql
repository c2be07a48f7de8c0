-- Every object of the users' schemas in the server's own words: relation, object, definition. Works on PostgreSQL 11 to 18;
-- columns of the catalog that older versions lack are read through to_jsonb.
WITH spaces AS (
  SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
  SELECT c.*, s.nspname || '.' || c.relname AS full_name FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
), privileges(kind, id, field, acl, owner) AS (
  SELECT CASE relkind WHEN 'S' THEN 's' ELSE 'r' END, oid, 0, relacl, relowner FROM relations WHERE relkind NOT IN ('i', 'I', 'c')
  UNION ALL SELECT 'f', p.oid, 0, proacl, proowner FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
  UNION ALL SELECT 'T', t.oid, 0, typacl, typowner FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace
  UNION ALL SELECT 'n', oid, 0, nspacl, nspowner FROM spaces
), granted AS (
  SELECT kind, id, owner::regrole || ' ' || coalesce((SELECT string_agg(x::text, ' ' ORDER BY x::text)
    FROM unnest(coalesce(acl, acldefault(kind::"char", owner))) x), '') AS words FROM privileges
)
SELECT '', 'schema ' || nspname, concat_ws(' ', g.words, obj_description(s.oid, 'pg_namespace'))
FROM spaces s JOIN granted g ON g.kind = 'n' AND g.id = s.oid
UNION ALL
SELECT r.full_name, CASE r.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
    WHEN 'c' THEN 'composite type ' WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || r.full_name,
  concat_ws(' ', r.relkind, r.relpersistence, r.reloptions::text, r.relrowsecurity, r.relforcerowsecurity, r.relreplident,
    (SELECT amname FROM pg_am WHERE pg_am.oid = r.relam), (SELECT spcname FROM pg_tablespace t WHERE t.oid = r.reltablespace),
    pg_get_partkeydef(r.oid), pg_get_expr(r.relpartbound, r.oid), g.words, 'comment: ' || obj_description(r.oid, 'pg_class'),
    (SELECT 'inherits ' || string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = r.oid),
    CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END,
    (SELECT to_jsonb(q) - 'seqrelid' FROM pg_sequence q WHERE q.seqrelid = r.oid),
    (SELECT 'owned by ' || d.refobjid::regclass || ' ' || a.attname FROM pg_depend d JOIN pg_attribute a
      ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND r.relkind = 'S'))
FROM relations r LEFT JOIN granted g ON g.kind IN ('r', 's') AND g.id = r.oid WHERE r.relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT r.full_name, 'column ' || r.full_name || '.' || a.attname,
  concat_ws(' ', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END, 'default ' || pg_get_expr(d.adbin, d.adrelid),
    'identity ' || nullif(a.attidentity::text, ''), 'generated ' || nullif(to_jsonb(a) ->> 'attgenerated', ''),
    'collate ' || nullif(a.attcollation, t.typcollation)::regcollation::text, a.attstorage, to_jsonb(a) ->> 'attcompression',
    'statistics ' || nullif(a.attstattarget, -1), a.attoptions::text, a.attacl::text,
    'comment: ' || col_description(a.attrelid, a.attnum))
FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind NOT IN ('i', 'I', 'S', 't')
UNION ALL
SELECT r.full_name, 'constraint ' || c.conname || ' of ' || r.full_name,
  concat_ws(' ', pg_get_constraintdef(c.oid), c.condeferred, c.connoinherit, 'comment: ' || obj_description(c.oid, 'pg_constraint'))
FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid WHERE c.contype <> 't'
UNION ALL
SELECT o.full_name, 'index ' || r.full_name, concat_ws(' ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END,
  CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END,
  'comment: ' || obj_description(r.oid, 'pg_class'))
FROM pg_index i JOIN relations r ON r.oid = i.indexrelid JOIN relations o ON o.oid = i.indrelid
UNION ALL
SELECT r.full_name, 'trigger ' || t.tgname || ' of ' || r.full_name,
  concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled, 'comment: ' || obj_description(t.oid, 'pg_trigger'))
FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT r.full_name, 'rule ' || w.rulename || ' of ' || r.full_name, concat_ws(' ', pg_get_ruledef(w.oid), w.ev_enabled)
FROM pg_rewrite w JOIN relations r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT r.full_name, 'policy ' || p.polname || ' of ' || r.full_name, concat_ws(' ', p.polcmd, p.polpermissive,
  (SELECT string_agg(CASE x WHEN 0 THEN 'public' ELSE x::regrole::text END, ',') FROM unnest(p.polroles) x),
  'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid),
  'comment: ' || obj_description(p.oid, 'pg_policy'))
FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
UNION ALL
SELECT '', 'function ' || p.oid::regprocedure::text,
  concat_ws(' ', CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END, g.words,
    'comment: ' || obj_description(p.oid, 'pg_proc'))
FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace JOIN granted g ON g.kind = 'f' AND g.id = p.oid
UNION ALL
SELECT '', 'type ' || s.nspname || '.' || t.typname, concat_ws(' ', t.typtype, g.words, CASE WHEN t.typtype = 'd' THEN
    format_type(t.typbasetype, t.typtypmod) END, CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault,
  (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
  (SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint WHERE contypid = t.oid),
  (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid), 'comment: ' || obj_description(t.oid, 'pg_type'))
FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace JOIN granted g ON g.kind = 'T' AND g.id = t.oid
WHERE t.typtype IN ('d', 'e', 'r') OR (t.typtype = 'b' AND t.typelem = 0)
UNION ALL
SELECT '', 'extension ' || extname, extversion FROM pg_extension
UNION ALL
SELECT '', 'default privileges ' || concat_ws(' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype), defaclacl::text
FROM pg_default_acl
UNION ALL
SELECT '', 'event trigger ' || evtname, concat_ws(' ', evtevent, evtfoid::regproc, evtenabled, evttags::text) FROM pg_event_trigger
UNION ALL
SELECT DISTINCT '', pg_describe_object(classid, objid, objsubid), '' FROM pg_depend
WHERE objid >= 16384 AND classid IN ('pg_cast'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass,
  'pg_conversion'::regclass, 'pg_collation'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass, 'pg_ts_parser'::regclass,
  'pg_ts_template'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication'::regclass, 'pg_publication_rel'::regclass,
  'pg_foreign_data_wrapper'::regclass, 'pg_foreign_server'::regclass, 'pg_language'::regclass)
