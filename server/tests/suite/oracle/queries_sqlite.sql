UPDATE t SET a = s.b FROM s WHERE s.id = t.k
? UPDATE t SET a = s.c FROM s WHERE s.id = t.k
UPDATE t SET a = 1 WHERE k = "text"
UPDATE t SET a = 1 WHERE rowid = 3
INSERT INTO s (id, b) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.b
INSERT INTO s (id, b) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.c
INSERT OR IGNORE INTO s (id, b) SELECT a, k FROM t
INSERT OR REPLACE INTO s (id, b) SELECT a, c FROM t
SELECT j.value FROM t, json_each('[1]') AS j
SELECT name FROM sqlite_master
SELECT name FROM pragma_table_info('t')
SELECT a FROM main.t
INSERT INTO t (a) SELECT A FROM T
INSERT INTO f (f) VALUES ('rebuild')
INSERT INTO f (body) SELECT a FROM t
SELECT body, rank FROM f WHERE f MATCH 'x'
SELECT rowid FROM f WHERE body MATCH 'x'
UPDATE t SET a = (SELECT count(*) FROM f WHERE f MATCH 'x')
SELECT a AS one FROM t WHERE one = 1 ORDER BY one
SELECT count(*) AS n FROM t GROUP BY k HAVING n > 1
SELECT j.key FROM json_each('[1]') j
SELECT q."a + 1" FROM (SELECT a + 1 FROM t) AS q
SELECT q."max(a)" FROM (SELECT max(a) FROM t) AS q
CREATE INDEX i ON t (a + k)
CREATE INDEX i ON t (a + z)
CREATE INDEX i ON t (a) WHERE k > 1
CREATE INDEX i ON t (a) WHERE z > 1
CREATE TABLE n (a text CHECK (a IN ("x", 'y')))
INSERT INTO t DEFAULT VALUES
DELETE FROM t WHERE rowid NOT IN (SELECT min(rowid) FROM t GROUP BY a)
INSERT INTO s SELECT a, k FROM t WHERE true ON CONFLICT(id) DO UPDATE SET b = excluded.b
UPDATE t SET (a, k) = (SELECT id, b FROM s LIMIT 1)
SELECT s.rowid, t.oid FROM s, t
WITH RECURSIVE cnt(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM cnt LIMIT 10) INSERT INTO s (id) SELECT x FROM cnt
