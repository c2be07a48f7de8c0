-- One statement a line. `set-up --> statement` commits the set-up first, `@14` asks for PostgreSQL 14.
ALTER TABLE person ADD COLUMN z int
ALTER TABLE person ADD COLUMN z int NOT NULL DEFAULT 5
ALTER TABLE person ADD COLUMN z int DEFAULT -1
ALTER TABLE person ADD COLUMN z timestamptz NOT NULL DEFAULT now()
ALTER TABLE person ADD COLUMN z timestamptz DEFAULT CURRENT_TIMESTAMP
ALTER TABLE person ADD COLUMN z timestamptz DEFAULT clock_timestamp()
ALTER TABLE person ADD COLUMN z double precision DEFAULT random()
@13 ALTER TABLE person ADD COLUMN z uuid DEFAULT gen_random_uuid()
ALTER TABLE person ADD COLUMN z text DEFAULT upper('a') || lower('B')
ALTER TABLE person ADD COLUMN z int DEFAULT wild()
ALTER TABLE person ADD COLUMN z int DEFAULT calm()
ALTER TABLE person ADD COLUMN z int DEFAULT nextval('counter')
ALTER TABLE person ADD COLUMN z jsonb NOT NULL DEFAULT '{}'::jsonb
ALTER TABLE person ADD COLUMN z numeric(9,2) DEFAULT CAST(1 AS numeric(9,2))
ALTER TABLE person ADD COLUMN z bigserial
ALTER TABLE person ADD COLUMN z bigint GENERATED ALWAYS AS IDENTITY
ALTER TABLE person ADD COLUMN z int GENERATED ALWAYS AS (age + 1) STORED
ALTER TABLE person ADD COLUMN z int DEFAULT 5 CHECK (z > 0)
ALTER TABLE person ADD COLUMN z int CHECK (z > 0)
ALTER TABLE person ADD COLUMN z text REFERENCES country(code)
ALTER TABLE person ADD COLUMN z text DEFAULT 'c1' REFERENCES country(code)
ALTER TABLE person ADD COLUMN z int UNIQUE
ALTER TABLE person ADD COLUMN z plain DEFAULT 1
ALTER TABLE person ADD COLUMN z positive DEFAULT 1
ALTER TABLE person ADD COLUMN z positive
ALTER TABLE person ADD COLUMN IF NOT EXISTS age int
ALTER TABLE person ADD COLUMN age int
ALTER TABLE person ADD COLUMN y int, ADD COLUMN z int DEFAULT 1
ALTER TABLE measure ADD COLUMN z int
ALTER TABLE measure ADD COLUMN z int DEFAULT random()
ALTER TABLE base ADD COLUMN z int
ALTER TABLE counted ADD COLUMN z int NOT NULL
ALTER TABLE person DROP COLUMN doc
ALTER TABLE person DROP COLUMN nick
ALTER TABLE person DROP COLUMN age
ALTER TABLE person DROP COLUMN age CASCADE
ALTER TABLE person DROP COLUMN IF EXISTS nosuch
ALTER TABLE person DROP COLUMN nosuch
ALTER TABLE visit DROP COLUMN country
ALTER TABLE country DROP COLUMN code CASCADE
ALTER TABLE country DROP COLUMN code
ALTER TABLE measure DROP COLUMN value
@15 ALTER TABLE derivable DROP COLUMN a
ALTER TABLE referring DROP CONSTRAINT IF EXISTS referring_to_what_is_distant_by_a_name_of_more_than_sixty_three_bytes
ALTER TABLE person ALTER age SET DEFAULT 5
ALTER TABLE person ALTER age DROP DEFAULT
ALTER TABLE measure ALTER value SET DEFAULT 5
ALTER TABLE person ALTER age SET NOT NULL
ALTER TABLE proven ALTER age SET NOT NULL
ALTER TABLE proven ALTER pair SET NOT NULL
ALTER TABLE proven ALTER size SET NOT NULL
ALTER TABLE proven ALTER size DROP NOT NULL
ALTER TABLE proven ALTER id DROP NOT NULL
ALTER TABLE measure ALTER value SET NOT NULL
ALTER TABLE measure ALTER id DROP NOT NULL
ALTER TABLE person ALTER age SET STATISTICS 500
ALTER TABLE person ALTER age SET (n_distinct = 5)
ALTER TABLE person ALTER bio SET STORAGE EXTERNAL
@14 ALTER TABLE person ALTER bio SET COMPRESSION pglz
@13 ALTER TABLE derivable ALTER b DROP EXPRESSION
ALTER TABLE numbered ALTER id ADD GENERATED ALWAYS AS IDENTITY
ALTER TABLE numbered ALTER a ADD GENERATED ALWAYS AS IDENTITY
ALTER TABLE numbered ALTER id ADD GENERATED ALWAYS AS IDENTITY --> ALTER TABLE numbered ALTER id DROP IDENTITY
ALTER TABLE person ALTER nick TYPE varchar(90)
ALTER TABLE person ALTER login TYPE varchar(90)
ALTER TABLE person ALTER login TYPE varchar(20)
ALTER TABLE person ALTER nick TYPE text
ALTER TABLE person ALTER nick TYPE varchar
ALTER TABLE person ALTER bio TYPE varchar(500)
ALTER TABLE person ALTER bio TYPE varchar
ALTER TABLE person ALTER bio TYPE text COLLATE "C"
ALTER TABLE person ALTER nick TYPE varchar(40) COLLATE "POSIX"
ALTER TABLE person ALTER zip TYPE varchar(8)
ALTER TABLE person ALTER zip TYPE text
ALTER TABLE person ALTER badge TYPE bigint
ALTER TABLE person ALTER small TYPE int
ALTER TABLE person ALTER age TYPE bigint
ALTER TABLE person ALTER score TYPE numeric(10,2)
ALTER TABLE person ALTER score TYPE numeric
ALTER TABLE person ALTER score TYPE numeric(10,4)
ALTER TABLE person ALTER score TYPE numeric(6,2)
SET timezone = 'UTC' --> ALTER TABLE person ALTER born TYPE timestamptz
SET timezone = 'Europe/Vienna' --> ALTER TABLE person ALTER born TYPE timestamptz
SET timezone = 'UTC' --> ALTER TABLE person ALTER seen TYPE timestamp
ALTER TABLE person ALTER at3 TYPE timestamp(6)
ALTER TABLE person ALTER at3 TYPE timestamp
ALTER TABLE person ALTER born TYPE timestamp(3)
ALTER TABLE person ALTER gap TYPE interval(5)
ALTER TABLE person ALTER flags TYPE bit varying(20)
ALTER TABLE person ALTER net TYPE inet
ALTER TABLE person ALTER doc TYPE jsonb
ALTER TABLE person ALTER docb TYPE json USING docb::json
ALTER TABLE person ALTER mood_text TYPE mood USING mood_text::mood
ALTER TABLE person ALTER ref TYPE text
ALTER TABLE person ALTER note TYPE text
ALTER TABLE person ALTER badge TYPE plain
ALTER TABLE person ALTER badge TYPE positive
ALTER TABLE person ALTER tags TYPE text[]
ALTER TABLE person ALTER tags TYPE varchar[]
ALTER TABLE person ALTER bio TYPE text
ALTER TABLE person ALTER bio TYPE text USING bio
ALTER TABLE person ALTER nick TYPE text USING nick::text
ALTER TABLE person ALTER bio TYPE text USING upper(bio)
ALTER TABLE country ALTER code TYPE varchar(30)
ALTER TABLE country ALTER code TYPE varchar
ALTER TABLE visit ALTER country TYPE varchar(30)
ALTER TABLE loose ALTER amount TYPE bigint
ALTER TABLE derivable ALTER a TYPE bigint
ALTER TABLE loose ALTER amount TYPE int
ALTER TABLE proven ALTER pair TYPE plain
ALTER TABLE country ALTER code TYPE text
ALTER TABLE measure ALTER value TYPE bigint
ALTER TABLE visit ALTER country TYPE varchar
ALTER TABLE person RENAME COLUMN bio TO story
ALTER TABLE person RENAME COLUMN nosuch TO story
ALTER TABLE person RENAME COLUMN bio TO age
ALTER TABLE measure RENAME COLUMN value TO v
ALTER TABLE person RENAME TO human
ALTER TABLE person RENAME TO visit
ALTER TABLE nosuch RENAME TO human
ALTER TABLE person SET SCHEMA attic
ALTER TABLE person SET SCHEMA nosuch
ALTER TABLE person OWNER TO postgres
ALTER TABLE person SET UNLOGGED
ALTER TABLE person SET (fillfactor = 70)
ALTER TABLE person RESET (fillfactor)
ALTER TABLE cluster_me CLUSTER ON cluster_me_pkey
ALTER TABLE cluster_me SET WITHOUT CLUSTER
ALTER TABLE person REPLICA IDENTITY FULL
ALTER TABLE person ENABLE ROW LEVEL SECURITY
ALTER TABLE person DISABLE TRIGGER person_touch
ALTER TABLE person ENABLE TRIGGER person_touch
ALTER TABLE derived INHERIT base
ALTER TABLE kid NO INHERIT base
ALTER TABLE person ADD CONSTRAINT k CHECK (age > 0)
ALTER TABLE person ADD CONSTRAINT k CHECK (age > 0) NOT VALID
ALTER TABLE measure ADD CONSTRAINT k CHECK (value > 0)
ALTER TABLE loose VALIDATE CONSTRAINT loose_amount
ALTER TABLE loose VALIDATE CONSTRAINT loose_country
ALTER TABLE loose VALIDATE CONSTRAINT nosuch
ALTER TABLE proven VALIDATE CONSTRAINT proven_pair
ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (country) REFERENCES country(code)
ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (country) REFERENCES country(code) NOT VALID
ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (country) REFERENCES country(label)
ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (badge) REFERENCES person(badge)
ALTER TABLE measure ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank)
ALTER TABLE person ADD CONSTRAINT k UNIQUE (age)
ALTER TABLE person ADD CONSTRAINT person_age UNIQUE (age)
ALTER TABLE person ADD UNIQUE (nosuch)
ALTER TABLE person ADD PRIMARY KEY (badge)
ALTER TABLE measure ADD PRIMARY KEY (id)
ALTER TABLE measure ADD PRIMARY KEY (id, value)
ALTER TABLE measure ADD UNIQUE (id)
ALTER TABLE measure ADD UNIQUE (value)
ALTER TABLE base ADD UNIQUE (id)
ALTER TABLE base ADD PRIMARY KEY (id)
ALTER TABLE base ADD EXCLUDE USING btree (id WITH =)
CREATE UNIQUE INDEX base_id ON base(id) --> ALTER TABLE base ADD CONSTRAINT k UNIQUE USING INDEX base_id
ALTER TABLE base ADD FOREIGN KEY (id) REFERENCES country(rank)
ALTER TABLE base ADD FOREIGN KEY (id) REFERENCES country(rank) NOT VALID
ALTER TABLE base ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank) --> ALTER TABLE base DROP CONSTRAINT k
ALTER TABLE base ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank) NOT VALID --> ALTER TABLE base VALIDATE CONSTRAINT k
ALTER TABLE base ADD CONSTRAINT k CHECK (id > 0) NOT VALID --> ALTER TABLE base VALIDATE CONSTRAINT k
ALTER TABLE base ADD CONSTRAINT k UNIQUE (id) --> ALTER TABLE base DROP CONSTRAINT k
ALTER TABLE base ADD CONSTRAINT k CHECK (id > 0) --> ALTER TABLE base DROP CONSTRAINT k
ALTER TABLE base ADD CONSTRAINT k CHECK (id > 0) --> ALTER TABLE base RENAME CONSTRAINT k TO l
ALTER TABLE base ADD UNIQUE (id) --> CREATE TABLE child(id int REFERENCES base(id))
ALTER TABLE base ADD UNIQUE (id) --> ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id)
ALTER TABLE base ADD CONSTRAINT k UNIQUE (id); ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id) --> DROP TABLE pointer
ALTER TABLE base ADD CONSTRAINT k UNIQUE (id); ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id) --> ALTER TABLE base DROP CONSTRAINT k CASCADE
ALTER TABLE base ADD UNIQUE (id); ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id) --> ALTER TABLE base ALTER id TYPE bigint
ALTER TABLE base ADD UNIQUE (id); ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id) --> INSERT INTO pointer VALUES (1)
ALTER TABLE base ADD UNIQUE (id); ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id) ON DELETE CASCADE --> DELETE FROM base
DROP TRIGGER IF EXISTS nothing ON base
ANALYZE measure
DELETE FROM measure
ALTER TABLE kid ADD COLUMN country text REFERENCES country
ALTER TABLE kid ADD COLUMN country text REFERENCES country --> DROP TABLE base CASCADE
ALTER TABLE base ADD UNIQUE (id); ALTER TABLE pointer ADD FOREIGN KEY (id) REFERENCES base(id) --> TRUNCATE base CASCADE
ALTER TABLE base ALTER id SET NOT NULL
ALTER TABLE base ALTER id TYPE bigint
ALTER TABLE base ALTER id SET DEFAULT 5
ALTER TABLE base ALTER id SET STATISTICS 10
ALTER TABLE base RENAME COLUMN id TO nr
ALTER TABLE base DROP COLUMN id
ALTER TABLE base ADD COLUMN z int DEFAULT random()
ALTER TABLE base ADD COLUMN z int REFERENCES country(rank)
ALTER TABLE base RENAME TO root
ALTER TABLE base SET SCHEMA attic
ALTER TABLE base SET UNLOGGED
ALTER TABLE base SET (fillfactor = 70)
ALTER TABLE base OWNER TO postgres
ALTER TABLE base ENABLE ROW LEVEL SECURITY
ALTER TABLE base REPLICA IDENTITY FULL
CREATE INDEX ON base(id)
CREATE INDEX bi ON base(id) --> DROP INDEX bi
CREATE INDEX bi ON base(id) --> REINDEX TABLE base
CREATE TRIGGER bt BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION touch()
CREATE TRIGGER bt BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION touch() --> ALTER TABLE base DISABLE TRIGGER bt
CREATE TRIGGER bt BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION touch() --> DROP TRIGGER bt ON base
CREATE TRIGGER bt BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION touch() --> ALTER TRIGGER bt ON base RENAME TO bu
CREATE POLICY bp ON base
CREATE RULE br AS ON DELETE TO base DO INSTEAD NOTHING
COMMENT ON TABLE base IS 'x'
COMMENT ON COLUMN base.id IS 'x'
TRUNCATE base
LOCK TABLE base IN SHARE MODE
UPDATE base SET id = id
DELETE FROM base
INSERT INTO base VALUES (1)
ANALYZE base
DROP TABLE base CASCADE
DROP TABLE kid
ALTER TABLE base ADD CHECK (id > 0)
ALTER TABLE measure ADD CONSTRAINT k CHECK (value > 0) --> ALTER TABLE measure DROP CONSTRAINT k
ALTER TABLE measure ADD CONSTRAINT k UNIQUE (id) --> ALTER TABLE measure DROP CONSTRAINT k
ALTER TABLE measure ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank) --> ALTER TABLE measure DROP CONSTRAINT k
ALTER TABLE measure ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank) --> CREATE TABLE measure_z PARTITION OF measure FOR VALUES FROM (900) TO (1000)
ALTER TABLE measure ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank) --> ALTER TABLE measure DETACH PARTITION measure_a
ALTER TABLE measure ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES country(rank) NOT VALID
ALTER TABLE ready ADD CONSTRAINT k UNIQUE USING INDEX ready_other
ALTER TABLE ready ADD PRIMARY KEY (id)
ALTER TABLE ready ADD PRIMARY KEY USING INDEX ready_id
ALTER TABLE ready ADD PRIMARY KEY USING INDEX ready_other
ALTER TABLE loose DROP CONSTRAINT loose_amount
ALTER TABLE loose DROP CONSTRAINT loose_country
ALTER TABLE loose DROP CONSTRAINT nosuch
ALTER TABLE loose DROP CONSTRAINT IF EXISTS nosuch
ALTER TABLE proven DROP CONSTRAINT proven_pkey
ALTER TABLE country DROP CONSTRAINT country_pkey
ALTER TABLE country DROP CONSTRAINT country_pkey CASCADE
ALTER TABLE loose ALTER CONSTRAINT loose_country DEFERRABLE
ALTER TABLE loose RENAME CONSTRAINT loose_amount TO loose_other
ALTER TABLE measure ATTACH PARTITION measure_c FOR VALUES FROM (100) TO (150)
ALTER TABLE measure ATTACH PARTITION measure_d FOR VALUES FROM (150) TO (200)
ALTER TABLE event ATTACH PARTITION event_new FOR VALUES FROM (200) TO (300)
ALTER TABLE measure DETACH PARTITION measure_a
ALTER TABLE event DETACH PARTITION event_a
@14 ALTER TABLE measure DETACH PARTITION measure_a CONCURRENTLY
CREATE TABLE measure_z PARTITION OF measure FOR VALUES FROM (900) TO (1000)
CREATE TABLE event_z PARTITION OF event FOR VALUES FROM (900) TO (1000)
CREATE TABLE copycat (LIKE person)
CREATE TABLE heir() INHERITS (base)
CREATE TABLE newcomer(id int PRIMARY KEY, country text REFERENCES country(code))
CREATE TABLE newcomer(id int, id int)
CREATE TABLE person(id int)
CREATE TABLE IF NOT EXISTS person(id int)
CREATE TABLE newcomer(id int REFERENCES nosuch)
CREATE TABLE nosuch.newcomer(id int)
CREATE TABLE copied AS SELECT * FROM person
CREATE INDEX ON person(bio)
CREATE INDEX person_age ON person(bio)
CREATE INDEX IF NOT EXISTS person_age ON person(bio)
CREATE INDEX ON person(nosuch)
CREATE UNIQUE INDEX ON person(id, age)
CREATE INDEX ON measure(value)
CREATE INDEX ON ONLY measure(value)
CREATE INDEX ON summary(age)
CREATE INDEX CONCURRENTLY ON person(bio)
DROP INDEX person_nick
DROP INDEX person_pkey
CREATE INDEX mv ON measure(value) --> DROP INDEX mv
CREATE INDEX mv ON measure(value) --> REINDEX INDEX mv
CREATE INDEX mv ON measure(value) --> ALTER TABLE measure ATTACH PARTITION measure_c FOR VALUES FROM (100) TO (150)
@13 CREATE TRIGGER mt BEFORE UPDATE ON measure FOR EACH ROW EXECUTE FUNCTION touch() --> DROP TRIGGER mt ON measure
@13 CREATE TRIGGER mt BEFORE UPDATE ON measure FOR EACH ROW EXECUTE FUNCTION touch() --> ALTER TABLE measure DISABLE TRIGGER mt
DROP INDEX nosuch
DROP INDEX IF EXISTS nosuch
DROP INDEX summary_id
DROP INDEX CONCURRENTLY person_nick
ALTER INDEX person_nick RENAME TO person_nick2
REINDEX INDEX person_nick
REINDEX TABLE person
REINDEX TABLE CONCURRENTLY person
CREATE TRIGGER t2 BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch()
CREATE TRIGGER person_touch BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch()
@14 CREATE OR REPLACE TRIGGER person_touch BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION touch()
@13 CREATE TRIGGER t2 BEFORE UPDATE ON measure FOR EACH ROW EXECUTE FUNCTION touch()
DROP TRIGGER person_touch ON person
DROP TRIGGER nosuch ON person
ALTER TRIGGER person_touch ON person RENAME TO t3
CREATE RULE r1 AS ON DELETE TO proven DO INSTEAD NOTHING
CREATE POLICY po ON person USING (true)
CREATE STATISTICS st2 ON age, badge FROM person
DROP STATISTICS person_st
COMMENT ON TABLE person IS 'x'
COMMENT ON COLUMN person.age IS 'x'
COMMENT ON VIEW grown IS 'x'
COMMENT ON INDEX person_nick IS 'x'
COMMENT ON CONSTRAINT loose_amount ON loose IS 'x'
GRANT SELECT ON person TO public
DROP TABLE cluster_me
DROP TABLE visit_log
DROP TABLE visit
DROP TABLE visit, visit_log
DROP TABLE country
DROP TABLE country CASCADE
DROP TABLE person
DROP TABLE person CASCADE
DROP TABLE measure
DROP TABLE measure_a
DROP TABLE event_a
DROP TABLE base
DROP TABLE nosuch
DROP TABLE IF EXISTS nosuch
DROP TABLE grown
TRUNCATE proven
TRUNCATE country
TRUNCATE country CASCADE
TRUNCATE measure
CREATE VIEW v9 AS SELECT id FROM person
CREATE VIEW grown AS SELECT id FROM person
CREATE VIEW v9 AS SELECT id FROM nosuch
CREATE OR REPLACE VIEW grown AS SELECT id, age FROM person
DROP VIEW grown_ids
DROP VIEW grown
DROP VIEW grown CASCADE
DROP VIEW nosuch
DROP VIEW summary
DROP MATERIALIZED VIEW summary
ALTER VIEW grown RENAME TO grown2
CREATE MATERIALIZED VIEW summary2 AS SELECT id FROM person
REFRESH MATERIALIZED VIEW summary
REFRESH MATERIALIZED VIEW CONCURRENTLY summary
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'
ALTER TYPE mood RENAME VALUE 'nosuch' TO 'fine'
ALTER TYPE mood ADD VALUE 'new'
ALTER TYPE mood ADD VALUE 'ok'
ALTER TYPE mood RENAME TO feeling
DROP TYPE mood
DROP TYPE mood CASCADE
DROP TYPE nosuch
CREATE TYPE mood AS ENUM ('a')
ALTER DOMAIN plain ADD CONSTRAINT k CHECK (value > 0)
ALTER DOMAIN plain ADD CONSTRAINT k CHECK (value > 0) NOT VALID
ALTER DOMAIN plain SET NOT NULL
ALTER DOMAIN below ADD CONSTRAINT k CHECK (value > 0)
CREATE SEQUENCE s2
CREATE SEQUENCE counter
ALTER SEQUENCE counter RESTART WITH 100
DROP SEQUENCE counter
DROP SEQUENCE counter CASCADE
DROP SEQUENCE nosuch
CREATE SCHEMA attic
CREATE SCHEMA IF NOT EXISTS attic
ALTER SCHEMA attic RENAME TO cellar
DROP SCHEMA attic
DROP SCHEMA attic CASCADE
DROP SCHEMA nosuch
CLUSTER cluster_me USING cluster_me_pkey
VACUUM person
VACUUM FULL person
ANALYZE person
LOCK TABLE person IN SHARE MODE
LOCK TABLE person
LOCK TABLE measure IN EXCLUSIVE MODE
INSERT INTO visit VALUES (999, 'c1')
INSERT INTO nosuch VALUES (1)
INSERT INTO visit(nosuch) VALUES (1)
UPDATE person SET age = age + 1 WHERE id = 5
UPDATE visit SET country = 'c3' WHERE id = 5
UPDATE measure SET value = 1
UPDATE country SET code = 'zz' WHERE code = 'c90'
UPDATE country SET label = 'zz' WHERE code = 'c90'
UPDATE grown SET age = 3 WHERE id = 3
DELETE FROM country WHERE code = 'c110'
INSERT INTO visit SELECT 1000 + id, 'c1' FROM typed
INSERT INTO person(id) SELECT 1000
ALTER TABLE measure SET SCHEMA attic
ALTER TABLE measure OWNER TO postgres
ALTER TABLE measure ALTER value SET STATISTICS 10
ALTER TABLE measure ALTER value DROP DEFAULT
ALTER TABLE measure ENABLE ROW LEVEL SECURITY
ALTER TABLE grown ALTER age SET DEFAULT 3
ALTER TABLE person ALTER nosuch TYPE int
ALTER TABLE person ALTER nosuch SET NOT NULL
ALTER TABLE nosuch ADD COLUMN z int
ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (country) REFERENCES nosuch(code)
ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (nosuch) REFERENCES country(code)
ALTER TABLE loose ADD CONSTRAINT loose_amount CHECK (amount > 1)
ALTER TABLE person RENAME CONSTRAINT person_pkey TO person_age
CREATE TABLE newcomer(id int PRIMARY KEY, PRIMARY KEY (id))
CREATE TABLE newcomer(id int PRIMARY KEY, other int PRIMARY KEY)
CREATE TABLE newcomer(id nosuch)
ALTER TABLE person ADD COLUMN z nosuch
ALTER TABLE person ALTER age TYPE nosuch
CREATE FUNCTION calm() RETURNS int LANGUAGE sql AS 'select 1'
DROP FUNCTION nosuch
ALTER TABLE country DROP CONSTRAINT country_rank_key
DROP DOMAIN plain
DROP DOMAIN plain CASCADE
TRUNCATE visit, visit_log
DELETE FROM visit_log
DELETE FROM visit WHERE id = 5
SELECT count(*) FROM person
SET lock_timeout = '1s'
CREATE EXTENSION IF NOT EXISTS plpgsql
-- Bodies of functions, procedures and triggers.
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin refresh materialized view summary; return null; end'; CREATE TRIGGER renews AFTER UPDATE ON person FOR EACH STATEMENT EXECUTE FUNCTION renew() --> UPDATE person SET age = 1 WHERE id = 1
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin refresh materialized view concurrently summary; return null; end'; CREATE TRIGGER renews AFTER UPDATE ON person EXECUTE FUNCTION renew() --> UPDATE person SET age = 1 WHERE id = -1
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin refresh materialized view summary; return null; end'; CREATE TRIGGER renews AFTER UPDATE OF nick ON person EXECUTE FUNCTION renew() --> UPDATE person SET age = 1 WHERE id = 1
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin refresh materialized view summary; return null; end'; CREATE TRIGGER renews AFTER UPDATE ON person EXECUTE FUNCTION renew(); ALTER TABLE person DISABLE TRIGGER renews --> UPDATE person SET age = 1 WHERE id = 1
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table base; return null; end'; CREATE TRIGGER renews AFTER UPDATE ON person EXECUTE FUNCTION renew(); ALTER TABLE person DISABLE TRIGGER USER; ALTER TABLE person ENABLE TRIGGER renews --> UPDATE person SET age = 1 WHERE id = 1
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table base; return null; end'; CREATE TRIGGER renews AFTER UPDATE ON person EXECUTE FUNCTION renew(); ALTER FUNCTION renew() RENAME TO anew; ALTER TRIGGER renews ON person RENAME TO other; DROP TRIGGER IF EXISTS renews ON person --> UPDATE person SET age = 1 WHERE id = 1
CREATE FUNCTION renew() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table base; return null; end'; CREATE TRIGGER renews AFTER UPDATE ON person EXECUTE FUNCTION renew(); SET session_replication_role = replica --> UPDATE person SET age = 1 WHERE id = 1
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin new.age = coalesce(new.age, 1); insert into base values (1); return new; end'; CREATE TRIGGER notes BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION note() --> UPDATE person SET age = 2 WHERE id = 1
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin if (tg_op = ''INSERT'') then insert into base values (1); elsif (TG_OP = ''UPDATE'' OR TG_OP = ''DELETE'') then update derived set id = 2; end if; return null; end'; CREATE TRIGGER notes AFTER INSERT OR UPDATE ON loose FOR EACH ROW EXECUTE FUNCTION note() --> UPDATE loose SET amount = 2 WHERE id = 1
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin if (tg_op = ''INSERT'') then insert into base values (1); elsif (TG_OP = ''UPDATE'') then update derived set id = 2; end if; return null; end'; CREATE TRIGGER notes AFTER INSERT OR UPDATE ON loose FOR EACH ROW EXECUTE FUNCTION note() --> INSERT INTO loose VALUES (1000, 1, 'c1')
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table derived in share mode; return null; end'; CREATE TRIGGER notes AFTER UPDATE ON loose EXECUTE FUNCTION note() --> INSERT INTO loose VALUES (1, 1, 'c1') ON CONFLICT (id) DO UPDATE SET amount = 5
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table derived in share mode; return null; end'; CREATE TRIGGER notes AFTER TRUNCATE ON loose EXECUTE FUNCTION note() --> TRUNCATE loose
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table derived in share mode; return null; end'; CREATE TRIGGER notes AFTER DELETE ON visit_log FOR EACH ROW EXECUTE FUNCTION note(); INSERT INTO visit_log VALUES (1, 1) --> DELETE FROM visit WHERE id = 1
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table derived in share mode; return null; end'; CREATE TRIGGER notes AFTER INSERT ON measure FOR EACH ROW EXECUTE FUNCTION note() --> INSERT INTO measure_a VALUES (2, 2)
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'begin lock table derived in share mode; return null; end'; CREATE TRIGGER notes INSTEAD OF INSERT ON grown FOR EACH ROW EXECUTE FUNCTION note() --> INSERT INTO grown VALUES (1, 2)
CREATE FUNCTION widen() RETURNS void LANGUAGE plpgsql AS 'begin alter table loose alter column amount type bigint; end' --> SELECT widen()
CREATE FUNCTION widen() RETURNS void LANGUAGE plpgsql AS 'begin alter table loose drop column nowhere; end' --> SELECT widen()
CREATE FUNCTION widen() RETURNS void LANGUAGE sql AS 'alter table loose add column more int; create index on derived (id)' --> SELECT widen()
CREATE FUNCTION inner_one() RETURNS void LANGUAGE plpgsql AS 'begin execute ''lock table derived in share mode''; end'; CREATE PROCEDURE outer_one() LANGUAGE plpgsql AS 'declare n int; begin perform inner_one(); n := 1; end' --> CALL outer_one()
CREATE FUNCTION peek() RETURNS int LANGUAGE plpgsql STABLE AS 'begin return (select max(id) from derived); end' --> SELECT peek()
CREATE FUNCTION fill() RETURNS int LANGUAGE plpgsql AS 'begin insert into derived values (1); return 1; end' --> INSERT INTO base SELECT fill()
CREATE FUNCTION pick(a int) RETURNS void LANGUAGE plpgsql AS 'begin lock table base; end'; CREATE FUNCTION pick(a int, b text DEFAULT NULL, c int DEFAULT 1) RETURNS void LANGUAGE plpgsql AS 'begin lock table derived; end' --> SELECT pick(1, 'x')
CREATE FUNCTION early(a int) RETURNS void LANGUAGE plpgsql AS 'begin perform 1; return; end' --> SELECT early(1)
-- What stands before the actions of ALTER TABLE.
ALTER TABLE IF EXISTS nowhere ADD COLUMN more int
ALTER TABLE IF EXISTS person ADD COLUMN more int
ALTER TABLE IF EXISTS person DROP COLUMN nothing
ALTER TABLE ONLY person ADD CONSTRAINT person_old CHECK (age < 200) NOT VALID
ALTER TABLE ONLY base ALTER COLUMN id SET DEFAULT 5
ALTER TABLE base ALTER COLUMN id SET DEFAULT 5
ALTER TABLE ONLY base ADD COLUMN more int
ALTER TABLE ONLY base RENAME COLUMN id TO number
ALTER TABLE ONLY base ALTER COLUMN id TYPE bigint
ALTER TABLE ONLY base DROP COLUMN id
ALTER TABLE ONLY measure DROP COLUMN value
ALTER TABLE ONLY measure ALTER COLUMN id DROP NOT NULL
ALTER TABLE measure ADD CONSTRAINT low CHECK (value < 1000) --> ALTER TABLE ONLY measure DROP CONSTRAINT low
ALTER TABLE measure ADD CONSTRAINT low CHECK (value < 1000) --> ALTER TABLE measure_a DROP CONSTRAINT low
ALTER TABLE ONLY measure ALTER COLUMN value SET NOT NULL
ALTER TABLE measure_a ALTER value SET NOT NULL; ALTER TABLE measure_b ALTER value SET NOT NULL --> ALTER TABLE ONLY measure ALTER COLUMN value SET NOT NULL
ALTER TABLE measure_a ALTER COLUMN id DROP NOT NULL
ALTER TABLE ONLY base ALTER COLUMN id SET NOT NULL
ALTER TABLE base ALTER COLUMN id SET NOT NULL --> ALTER TABLE ONLY base ALTER COLUMN id DROP NOT NULL
ALTER TABLE base ALTER COLUMN id SET NOT NULL --> ALTER TABLE kid ALTER COLUMN id DROP NOT NULL
ALTER TABLE ONLY base ALTER COLUMN id SET NOT NULL --> ALTER TABLE kid ALTER COLUMN id DROP NOT NULL
ALTER TABLE base ADD CONSTRAINT low CHECK (id < 1000); CREATE TABLE grandkid() INHERITS (kid) --> ALTER TABLE ONLY base DROP CONSTRAINT low
CREATE TABLE grandkid() INHERITS (kid) --> ALTER TABLE ONLY base DROP COLUMN id
ALTER TABLE base ADD CONSTRAINT low CHECK (id < 1000) --> ALTER TABLE kid DROP CONSTRAINT low
ALTER TABLE base ADD CONSTRAINT low CHECK (id < 1000); ALTER TABLE ONLY base DROP CONSTRAINT low --> ALTER TABLE kid DROP CONSTRAINT low
ALTER TABLE base ALTER id SET NOT NULL; ALTER TABLE ONLY base ALTER id DROP NOT NULL --> ALTER TABLE kid ALTER id DROP NOT NULL
CREATE TABLE own_kid(id int NOT NULL) INHERITS (base); ALTER TABLE base ALTER id SET NOT NULL --> ALTER TABLE own_kid ALTER id DROP NOT NULL
CREATE TABLE grandkid() INHERITS (kid); ALTER TABLE base ALTER id SET NOT NULL --> ALTER TABLE grandkid ALTER id DROP NOT NULL
ALTER TABLE measure ADD PRIMARY KEY (id) --> ALTER TABLE measure_a DROP CONSTRAINT measure_a_pkey
ALTER TABLE measure ADD UNIQUE (id) --> ALTER TABLE measure_a DROP CONSTRAINT measure_a_id_key
ALTER TABLE measure ADD CONSTRAINT to_base FOREIGN KEY (value) REFERENCES person (id) --> ALTER TABLE measure_a DROP CONSTRAINT to_base
@18 ALTER TABLE person DROP CONSTRAINT person_id_not_null
@18 ALTER TABLE measure DROP CONSTRAINT measure_id_not_null
@18 ALTER TABLE measure_a DROP CONSTRAINT measure_id_not_null
ALTER TABLE ONLY measure ALTER COLUMN value SET DEFAULT 3
ALTER TABLE ONLY measure ADD CONSTRAINT measure_pk PRIMARY KEY (id)
ALTER TABLE ONLY measure ENABLE ROW LEVEL SECURITY
-- Row security policies.
CREATE POLICY own ON person USING (true) --> CREATE POLICY own ON person USING (false)
CREATE POLICY own ON person USING (true); ALTER POLICY own ON person RENAME TO theirs --> DROP POLICY own ON person
CREATE POLICY own ON person USING (true); ALTER POLICY own ON person RENAME TO theirs --> DROP POLICY theirs ON person
DROP POLICY IF EXISTS own ON person
-- What a function needs when it is made, and takes along when it goes.
CREATE FUNCTION fills() RETURNS void LANGUAGE sql AS 'delete from derived; insert into visit select id, ''c1'' from base; update grown set age = 1; select 1 from country for update'
CREATE FUNCTION fills(n anyelement) RETURNS void LANGUAGE sql AS 'delete from derived'
CREATE FUNCTION fills() RETURNS void LANGUAGE sql AS 'delete from nowhere'
CREATE FUNCTION fills() RETURNS bigint LANGUAGE sql AS 'select count(*) from nowhere'
CREATE FUNCTION fills() RETURNS void LANGUAGE plpgsql AS 'begin delete from nowhere; end'
SET check_function_bodies = off --> CREATE FUNCTION fills() RETURNS void LANGUAGE sql AS 'delete from derived'
CREATE PROCEDURE fills() LANGUAGE sql AS 'insert into measure values (1, 1)'
DROP FUNCTION touch
DROP FUNCTION touch()
DROP FUNCTION touch CASCADE
DROP FUNCTION wild CASCADE
@13 CREATE TRIGGER every BEFORE INSERT ON measure FOR EACH ROW EXECUTE FUNCTION touch() --> DROP FUNCTION touch() CASCADE
CREATE FUNCTION sweep() RETURNS void LANGUAGE plpgsql AS 'declare r record; begin for r in	delete from derived returning id loop null; end loop; end' --> SELECT sweep()
-- Which of several missing names is told.
WITH w AS (SELECT id FROM nowhere) UPDATE nothing SET id = w.id FROM w
UPDATE person SET nothing = 1 WHERE nothing IS NULL
UPDATE person SET nothing = nothing + 1
UPDATE person SET nothing = 1 WHERE age IS NULL
DROP TABLE public.nothing
DROP TABLE nowhere.nothing
GRANT SELECT ON person, nothing TO PUBLIC
GRANT SELECT ON nowhere.nothing TO PUBLIC
REVOKE SELECT ON grown, summary FROM PUBLIC
CREATE STATISTICS a_name_for_statistics_that_is_rather_long ON (age IS NULL), (small IS NULL), (nick IS NULL) FROM nothing
ALTER TABLE person RENAME CONSTRAINT nothing TO something
-- Indexes.
CREATE TABLE pointing(id int, other int REFERENCES ready(other)) --> DROP INDEX ready_other CASCADE
CREATE TABLE pointing(id int, other int REFERENCES ready(other)) --> DROP INDEX ready_other
CREATE INDEX braced ON person ((nick COLLATE "C"), ((age))) --> ALTER TABLE person DROP COLUMN nick
-- A new type takes values and default that are cast to it by themselves.
CREATE TABLE caster(a text DEFAULT 'x', b int DEFAULT 5, c serial, d timestamp DEFAULT now(), e boolean DEFAULT true); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE int
CREATE TABLE caster(a text DEFAULT 'x', b int DEFAULT 5); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE int USING length(a)
CREATE TABLE caster(a text DEFAULT 'x', b int DEFAULT 5); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a DROP DEFAULT, ALTER a TYPE int USING length(a)
CREATE TABLE caster(a text DEFAULT 'x', b int DEFAULT 5); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE int USING length(a), ALTER a DROP DEFAULT
CREATE TABLE caster(a text DEFAULT 'x', b int DEFAULT 5); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE int USING length(a), ALTER a SET DEFAULT 3
CREATE TABLE caster(a text, b int DEFAULT 5); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER b TYPE boolean USING b > 0
CREATE TABLE caster(a text, b int DEFAULT 5); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER b TYPE numeric
CREATE TABLE caster(c serial); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER c TYPE bigint
CREATE TABLE caster(c serial); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER c TYPE text
CREATE TABLE caster(c serial); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER c TYPE date USING '2000-01-01'::date
CREATE TABLE caster(d timestamp DEFAULT now(), e boolean DEFAULT true); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER d TYPE date
CREATE TABLE caster(e boolean DEFAULT true); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER e TYPE int USING e::int
CREATE TABLE caster(e boolean DEFAULT true); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER e TYPE varchar(5)
CREATE TYPE caster_kind AS ENUM ('x'); CREATE TABLE caster(a varchar(9) DEFAULT 'x'); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE caster_kind USING a::caster_kind
CREATE TYPE caster_kind AS ENUM ('x'); CREATE TABLE caster(a varchar(9)); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE caster_kind USING a::caster_kind
CREATE TYPE caster_kind AS ENUM ('x'); CREATE TABLE caster(a caster_kind DEFAULT 'x'); INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE text
CREATE TYPE caster_kind AS ENUM ('x'); CREATE TABLE caster(a varchar(9)); CREATE CAST (varchar AS caster_kind) WITH INOUT AS IMPLICIT; INSERT INTO caster DEFAULT VALUES --> ALTER TABLE caster ALTER a TYPE caster_kind
CREATE FUNCTION moment() RETURNS bigint LANGUAGE sql AS 'SELECT CAST(extract(epoch FROM now() AT TIME ZONE ''utc'') * 1000000 AS bigint);' --> ALTER TABLE person ADD COLUMN z bigint DEFAULT moment()
CREATE FUNCTION moment() RETURNS bigint LANGUAGE sql AS 'SELECT CAST(extract(epoch FROM now()) AS bigint)'; CREATE FUNCTION later() RETURNS bigint LANGUAGE sql AS 'SELECT moment() + 1' --> ALTER TABLE person ADD COLUMN z bigint DEFAULT later()
CREATE FUNCTION dice() RETURNS double precision LANGUAGE sql AS 'SELECT random()' --> ALTER TABLE person ADD COLUMN z double precision DEFAULT dice()
CREATE FUNCTION dice() RETURNS double precision STABLE LANGUAGE sql AS 'SELECT random()' --> ALTER TABLE person ADD COLUMN z double precision DEFAULT dice()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 1 WHERE true' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT max(a) FROM (VALUES (1), (2)) AS v (a)' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT (SELECT 1)' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 2' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 2' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2' --> ALTER TABLE person ADD COLUMN z int DEFAULT two(4)
CREATE FUNCTION two(n double precision) RETURNS double precision LANGUAGE sql AS 'SELECT n * 2' --> ALTER TABLE person ADD COLUMN z double precision DEFAULT two(random())
CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS 'begin return 2; end' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
@14 CREATE FUNCTION two() RETURNS int LANGUAGE sql RETURN 1 + 1 --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
@14 CREATE FUNCTION two() RETURNS double precision RETURN random() --> ALTER TABLE person ADD COLUMN z double precision DEFAULT two()
@14 CREATE FUNCTION two() RETURNS int BEGIN ATOMIC SELECT 2; END --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS bigint LANGUAGE sql AS 'SELECT row_number() OVER ()' --> ALTER TABLE person ADD COLUMN z bigint DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT generate_series(1, 3)' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS text LANGUAGE sql AS 'SELECT ''a''' --> ALTER TABLE person ADD COLUMN z text DEFAULT two()
@13 CREATE FUNCTION two() RETURNS bigint LANGUAGE sql AS 'SELECT 1' --> ALTER TABLE person ADD COLUMN z bigint DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS ' /* why, not */ SELECT 2 -- from nowhere' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
CREATE FUNCTION two() RETURNS int LANGUAGE sql STRICT AS 'SELECT 2' --> ALTER TABLE person ADD COLUMN z int DEFAULT two()
