UPDATE t SET a = s.b FROM s WHERE s.id = t.k
UPDATE t SET a = s.c FROM s WHERE s.id = t.k
UPDATE t AS u SET a = 1 WHERE u.k = 2
UPDATE t AS u SET a = 1 WHERE t.k = 2
UPDATE t SET a = q.y FROM (SELECT k AS y FROM t) AS q WHERE q.y = t.a
UPDATE t SET a = q.y FROM (SELECT k AS y FROM t) AS q WHERE q.z = t.a
UPDATE t SET (a, k) = (SELECT id, b FROM s LIMIT 1)
UPDATE t SET (a, z) = (SELECT id, b FROM s LIMIT 1)
UPDATE t SET a = 1 RETURNING z
DELETE FROM t USING s WHERE s.id = t.k
DELETE FROM t USING s WHERE s.idd = t.k
DELETE FROM t WHERE ctid = '(0,1)'
INSERT INTO s (id, b) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.b
INSERT INTO s (id, b) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET c = excluded.b
INSERT INTO s (id, b) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.c
INSERT INTO s (id) SELECT n FROM generate_series(1, 3) AS n
INSERT INTO s (id) SELECT g.n FROM generate_series(1, 3) AS g (n)
? INSERT INTO s (id) SELECT g.m FROM generate_series(1, 3) AS g (n)
INSERT INTO t (a) SELECT (SELECT max(id) FROM s) FROM t WHERE k = ANY (ARRAY[1, 2])
INSERT INTO t (a) SELECT count(t) FROM t
INSERT INTO t (a) SELECT count(z) FROM t
INSERT INTO t (a) SELECT oid::int FROM pg_class WHERE relname = 'x'
INSERT INTO t (a) SELECT 1 FROM information_schema.tables
INSERT INTO t (a) VALUES (DEFAULT)
INSERT INTO t DEFAULT VALUES
INSERT INTO public.t (a) SELECT b FROM public.s
INSERT INTO public.t (a) SELECT b FROM other.s
SELECT l.id FROM t, LATERAL (SELECT id FROM s WHERE s.b = t.a) AS l
SELECT l.id FROM t, (SELECT id FROM s WHERE s.b = t.a) AS l
SELECT l.c FROM t, LATERAL (SELECT id FROM s WHERE s.b = t.a) AS l
? SELECT a FROM t JOIN s USING (id)
SELECT id FROM s JOIN s AS o USING (id)
SELECT b FROM s JOIN s AS o USING (id)
SELECT row_number() OVER (PARTITION BY a ORDER BY k) FROM t
SELECT row_number() OVER (PARTITION BY z ORDER BY k) FROM t
SELECT a FROM t GROUP BY a ORDER BY max(k)
SELECT max(k) FILTER (WHERE z > 1) FROM t
SELECT x FROM w WHERE x IN (SELECT a FROM t)
SELECT v FROM (VALUES (1), (2)) AS q (v)
SELECT v2 FROM (VALUES (1), (2)) AS q (v)
SELECT t.* FROM t
SELECT z.* FROM t
SELECT last_value FROM qq
SELECT setval('qq', (SELECT max(a) FROM t))
SELECT setval('qq', (SELECT max(z) FROM t))
SELECT current_date, current_user FROM t
CREATE MATERIALIZED VIEW v AS SELECT a FROM t JOIN nope USING (a)
CREATE MATERIALIZED VIEW v AS SELECT a FROM t
CREATE OR REPLACE VIEW w AS SELECT a AS x, k FROM t
CREATE OR REPLACE VIEW w AS SELECT a AS x, c FROM t
CREATE VIEW v (n) AS SELECT a FROM t
CREATE VIEW v (n) AS SELECT c FROM t
CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM v WHERE n < 5
CREATE TEMP TABLE n AS SELECT a FROM t
CREATE TABLE n (p, q) AS SELECT a, k FROM t
CREATE TABLE n (p, q) AS SELECT a, z FROM t
CREATE TABLE n AS TABLE t
CREATE TABLE n AS VALUES (1, 2)
CREATE TABLE n AS SELECT a FROM t WITH NO DATA
CREATE TABLE n AS SELECT z FROM t WITH NO DATA
SELECT (t).a FROM t
SELECT x.p FROM json_to_recordset('[]') AS x (p int)
SELECT u.v FROM unnest(ARRAY[1]) WITH ORDINALITY AS u (v, n)
UPDATE t SET a = v.n FROM (VALUES (1, 2)) AS v (id, n) WHERE v.id = t.k
UPDATE t SET a = v.m FROM (VALUES (1, 2)) AS v (id, n) WHERE v.id = t.k
UPDATE t SET a = extract(epoch FROM now())::int
UPDATE t SET a = CASE WHEN k > 1 THEN a ELSE k END
UPDATE t SET a = CASE WHEN z > 1 THEN a ELSE k END
UPDATE t SET a = coalesce(a, 1), k = DEFAULT
DELETE FROM t AS one USING t AS two WHERE one.a = two.a AND one.ctid < two.ctid
SELECT DISTINCT ON (a) a, k FROM t ORDER BY a, k
SELECT DISTINCT ON (z) a, k FROM t
SELECT a FROM t GROUP BY 1 ORDER BY 1
SELECT sum(a) OVER ww FROM t WINDOW ww AS (ORDER BY k)
SELECT ARRAY(SELECT a FROM t), ROW(a, k) FROM t
SELECT a::text COLLATE "C" FROM t
SELECT tableoid::regclass, xmin FROM t
INSERT INTO s (id, b) OVERRIDING SYSTEM VALUE SELECT a, k FROM t
INSERT INTO t (a) TABLE s
INSERT INTO t TABLE s
WITH d AS (DELETE FROM t RETURNING a) INSERT INTO s (id) SELECT a FROM d
? WITH d AS (DELETE FROM t RETURNING a) INSERT INTO s (id) SELECT k FROM d
MERGE INTO s USING t ON s.id = t.k WHEN MATCHED THEN UPDATE SET b = t.a
SELECT a FROM ONLY t
SELECT a FROM t TABLESAMPLE bernoulli (10)
SELECT a FROM t FOR UPDATE OF t
SELECT t.a FROM t CROSS JOIN LATERAL generate_series(1, t.k) AS g
SELECT q.a FROM (t JOIN s ON s.id = t.k) AS q
SELECT a FROM (t JOIN s ON s.id = t.k)
SELECT count(*) FILTER (WHERE a IS NOT NULL) FROM t HAVING count(*) > 0
INSERT INTO t (a) SELECT a FROM t EXCEPT SELECT b FROM s
INSERT INTO t (a) (SELECT a FROM t)
INSERT INTO t (a) VALUES ((SELECT max(id) FROM s)), ((SELECT max(c) FROM s))
WITH q AS (SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END FROM t) SELECT q.case FROM q
WITH q AS (SELECT CASE WHEN a > 1 THEN 1 ELSE k END FROM t) SELECT q.k FROM q
SELECT q."?column?" FROM (SELECT 1 + 1 FROM t) AS q
SELECT q.max FROM (SELECT max(a) FROM t) AS q
SELECT q.coalesce FROM (SELECT coalesce(a, 1) FROM t) AS q
SELECT q.a FROM (SELECT a::text FROM t) AS q
SELECT q.text FROM (SELECT 'x'::text FROM t) AS q
SELECT q.int4 FROM (SELECT 1::int FROM t) AS q
SELECT q.row_number FROM (SELECT row_number() OVER () FROM t) AS q
SELECT q.exists FROM (SELECT EXISTS (SELECT 1 FROM s) FROM t) AS q
SELECT q.array FROM (SELECT ARRAY(SELECT b FROM s) FROM t) AS q
SELECT q.array FROM (SELECT ARRAY[a, k] FROM t) AS q
SELECT q.row FROM (SELECT ROW(a, k) FROM t) AS q
SELECT q.b FROM (SELECT (SELECT b FROM s LIMIT 1) FROM t) AS q
SELECT q.max FROM (SELECT (SELECT max(b) FROM s) FROM t) AS q
SELECT q.extract FROM (SELECT extract(year FROM now()) FROM t) AS q
SELECT q.current_date FROM (SELECT current_date FROM t) AS q
SELECT q.greatest FROM (SELECT greatest(a, k) FROM t) AS q
SELECT q.nullif FROM (SELECT nullif(a, k) FROM t) AS q
SELECT q.timezone FROM (SELECT now() AT TIME ZONE 'UTC' FROM t) AS q
SELECT q.substring FROM (SELECT substring('x' FROM 1 FOR 1) FROM t) AS q
SELECT q.btrim FROM (SELECT trim('x') FROM t) AS q
SELECT q.position FROM (SELECT position('x' IN 'y') FROM t) AS q
SELECT q.bool FROM (SELECT true FROM t) AS q
SELECT q.interval FROM (SELECT interval '1 day' FROM t) AS q
SELECT q.date FROM (SELECT date '2020-01-01' FROM t) AS q
SELECT q.generate_series FROM (SELECT generate_series(1, a) FROM t) AS q
SELECT q.count FROM (SELECT count(*) FILTER (WHERE a > 1) FROM t) AS q
SELECT q.grouping FROM (SELECT grouping(a) FROM t GROUP BY a) AS q
SELECT g.g FROM generate_series(1, 2) AS g
SELECT generate_series FROM generate_series(1, 2)
SELECT g.ordinality FROM generate_series(1, 2) WITH ORDINALITY AS g
SELECT q.column1 FROM (VALUES (1)) AS q
SELECT a FROM t ORDER BY a + k
SELECT a AS z FROM t UNION SELECT b FROM s ORDER BY z
SELECT a AS z FROM t UNION SELECT b FROM s ORDER BY a
SELECT q.overlaps FROM (SELECT (now(), now()) OVERLAPS (now(), now()) FROM t) AS q
SELECT q."?column?" FROM (SELECT a IS DISTINCT FROM k FROM t) AS q
SELECT q."?column?" FROM (SELECT a IN (1, 2) FROM t) AS q
SELECT q."?column?" FROM (SELECT a BETWEEN 1 AND 2 FROM t) AS q
SELECT q."?column?" FROM (SELECT 'x' LIKE 'y' FROM t) AS q
SELECT q."?column?" FROM (SELECT a IS NULL FROM t) AS q
SELECT q."?column?" FROM (SELECT NOT a IS NULL FROM t) AS q
SELECT q."?column?" FROM (SELECT -a FROM t) AS q
ALTER TABLE t ADD CHECK (a > k)
ALTER TABLE t ADD CHECK (a > z)
ALTER TABLE t ADD CONSTRAINT c CHECK (t.a > 0) NOT VALID
ALTER TABLE t ADD COLUMN c int, ADD CHECK (c > a)
ALTER TABLE t ADD COLUMN c int, ADD CHECK (d > a)
ALTER TABLE t RENAME COLUMN a TO aa
ALTER TABLE t ALTER a TYPE text USING a::text
ALTER TABLE t ALTER a TYPE text USING z::text
ALTER TABLE t ALTER a TYPE text USING (k + a)::text
CREATE INDEX ON t ((a + k))
CREATE INDEX ON t ((a + z))
CREATE INDEX ON t (lower(a::text))
CREATE INDEX ON t (lower(z::text))
CREATE INDEX ON t (a) WHERE k IS NOT NULL
CREATE INDEX ON t (a) WHERE z IS NOT NULL
CREATE TABLE n (a int, b int, CHECK ((a IS NULL) = (b IS NULL)), CHECK (coalesce(a, b) > 0)) -- last
CREATE TABLE n (LIKE t, CHECK (a > 0))
CREATE TABLE n (CHECK (a > 0)) INHERITS (t)
CREATE TABLE n (a int GENERATED ALWAYS AS IDENTITY, CHECK (a > 0))
SELECT e.key FROM json_each('{}') AS e
SELECT e.nokey FROM (SELECT 1 AS key) AS e
WITH moved AS (DELETE FROM t RETURNING *) INSERT INTO t SELECT * FROM moved
WITH RECURSIVE tree AS (SELECT id, b FROM s UNION ALL SELECT s.id, s.b FROM s JOIN tree ON tree.id = s.b) UPDATE t SET a = tree.id FROM tree WHERE tree.b = t.k
INSERT INTO s AS tgt (id, b) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET b = tgt.b + excluded.b WHERE tgt.b IS NOT NULL RETURNING tgt.id
SELECT row_to_json(s) FROM s
SELECT string_agg(id::text, ',' ORDER BY b) FILTER (WHERE id > 1) FROM s GROUP BY b
SELECT id FROM s s1 NATURAL JOIN s s2
SELECT s1.id FROM s s1 NATURAL JOIN s s2
SELECT grouping(a), a FROM t GROUP BY ROLLUP (a)
SELECT upper(id::text) AS u FROM s GROUP BY u HAVING count(*) > 1
CREATE UNIQUE INDEX ON t (k) WHERE NOT (k = ANY ('{1,2}'))
ALTER TABLE t ADD CONSTRAINT ck2 CHECK (num_nonnulls(a, k) = 1), ADD COLUMN e2 int CHECK (e2 < k)
CREATE TABLE n (LIKE t INCLUDING ALL, extra int CHECK (extra > k))
