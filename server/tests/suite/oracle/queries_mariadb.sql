UPDATE t JOIN s ON s.id = t.k SET t.a = s.b
UPDATE t JOIN s ON s.id = t.k SET t.a = s.c
? UPDATE t, s SET t.a = s.b WHERE s.id = t.k
UPDATE t AS u SET u.a = 1 WHERE u.k = 2
UPDATE t AS u SET u.a = 1 WHERE t.k = 2
DELETE t FROM t JOIN s ON s.id = t.k
DELETE t FROM t JOIN s ON s.idd = t.k
INSERT INTO s (id, b) VALUES (1, 2) ON DUPLICATE KEY UPDATE b = VALUES(b)
INSERT INTO s (id, b) VALUES (1, 2) ON DUPLICATE KEY UPDATE c = VALUES(b)
INSERT IGNORE INTO s (id, b) SELECT a, k FROM t
INSERT IGNORE INTO s (id, b) SELECT a, c FROM t
REPLACE INTO s (id, b) SELECT a, k FROM t
INSERT INTO s SET id = 1, b = 2
INSERT INTO s SET id = 1, c = 2
SELECT A FROM t
SELECT a FROM t ORDER BY k LIMIT 3
SELECT a AS one FROM t HAVING one > 1
? SELECT a FROM t FORCE INDEX (PRIMARY)
SELECT 1 FROM dual
SELECT a FROM t WHERE "x" = a
SELECT table_name FROM information_schema.tables
SELECT @v := a FROM t
SELECT @v := z FROM t
CREATE OR REPLACE VIEW w AS SELECT a AS x, k FROM t
CREATE OR REPLACE VIEW w AS SELECT a AS x, c FROM t
CREATE TABLE n (p int) AS SELECT a AS p FROM t
CREATE TABLE n SELECT a FROM t
CREATE TABLE n SELECT z FROM t
SELECT GROUP_CONCAT(a ORDER BY k SEPARATOR ',') FROM t
SELECT GROUP_CONCAT(a ORDER BY z SEPARATOR ',') FROM t
SELECT MATCH (a) AGAINST ('x') FROM s
INSERT INTO t (a) SELECT seq FROM seq_1_to_10
INSERT INTO s (id, b) SELECT seq, seq FROM seq_1_to_9_step_2
SELECT q.`a + 1` FROM (SELECT a + 1 FROM t) AS q
SELECT q.`max(a)` FROM (SELECT max(a) FROM t) AS q
SELECT q.x FROM (SELECT a AS x FROM t UNION SELECT b FROM s) AS q
CREATE TABLE n (a int, CONSTRAINT x CHECK (a > 0 AND `a` < 5))
CREATE TABLE n (a json, CHECK (json_valid(a)))
CREATE TABLE n (a json, CHECK (json_valid(z)))
INSERT INTO t () VALUES ()
INSERT INTO t VALUES ()
INSERT INTO t VALUES (1)
INSERT INTO t (a) VALUES ()
INSERT INTO s VALUES (1, 2) ON DUPLICATE KEY UPDATE b = b + VALUES(b)
INSERT INTO t (a) SELECT id FROM s ON DUPLICATE KEY UPDATE a = id
DELETE x FROM t AS x INNER JOIN s AS y ON x.k = y.id
INSERT INTO t (a) SELECT @rownum := @rownum + 1 FROM s, (SELECT @rownum := 0) AS r
UPDATE t JOIN (SELECT id, MAX(b) AS m FROM s GROUP BY id) AS q ON q.id = t.k SET t.a = q.m
UPDATE t JOIN (SELECT id, MAX(b) AS m FROM s GROUP BY id) AS q ON q.id = t.k SET t.a = q.n
INSERT INTO t (a) SELECT id FROM s WHERE NOT EXISTS (SELECT * FROM t WHERE a = s.id)
INSERT INTO t (a) VALUES (LAST_INSERT_ID())
SELECT a, k FROM t WHERE (a, k) IN (SELECT id, b FROM s)
SELECT CONVERT(a USING utf8mb4), CAST(k AS CHAR), EXTRACT(YEAR FROM NOW()) FROM t
SELECT RANK() OVER (PARTITION BY a ORDER BY k DESC) AS r FROM t ORDER BY r
INSERT INTO t SET a = 1, a = 2
INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 1, a = 2
REPLACE INTO t (a, a) VALUES (1, 2)
DELETE t FROM t JOIN s ON s.id = t.k
? DELETE t, s FROM t JOIN s ON s.id = t.k WHERE t.zz = 1
DELETE FROM t USING t JOIN s ON s.id = t.k
DELETE FROM t USING t JOIN s ON s.idd = t.k
DELETE FROM x USING t AS x JOIN s ON s.id = x.k WHERE x.a = 1
DELETE x FROM t AS x JOIN s ON s.id = x.k WHERE b = 1
DELETE x FROM t AS x JOIN s ON s.id = x.k WHERE t.k = 1
UPDATE t JOIN s ON s.id = t.k SET t.a = s.b
UPDATE t JOIN s ON s.id = t.k SET a = b
UPDATE t JOIN s ON s.id = t.k SET a = b, zz = 1
UPDATE t JOIN s ON s.id = t.k SET s.b = t.a, t.a = s.b
UPDATE t JOIN s ON s.id = t.k SET s.bb = t.a
UPDATE t JOIN s ON s.id = t.k SET s.b = t.aa
? UPDATE t AS x JOIN s ON s.id = x.k SET t.a = 1
UPDATE s AS one JOIN s AS two ON one.id = two.b SET b = 1
UPDATE t JOIN (SELECT id, b FROM s) AS r ON r.id = t.k SET t.a = r.b
UPDATE t JOIN (SELECT id, b FROM s) AS r ON r.id = t.k SET t.a = r.bb
? UPDATE t, s SET t.a = s.b WHERE s.id = t.k AND s.zz = 1
