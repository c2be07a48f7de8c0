-- A procedure that looks whether it is done already, with a table's name as its argument.
CREATE TABLE t (id INT PRIMARY KEY, a INT);
DELIMITER //
CREATE PROCEDURE add_column(IN tab VARCHAR(64), IN col VARCHAR(64), IN def TEXT)
    SQL SECURITY INVOKER
BEGIN
    DECLARE n INT DEFAULT 0;
    SELECT COUNT(*) INTO n FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = tab AND COLUMN_NAME = col;
    IF n = 0 THEN
        SET @ddl = CONCAT('ALTER TABLE `', tab, '` ADD COLUMN `', col, '` ', def);
        PREPARE stmt FROM @ddl;
        EXECUTE stmt;
        DEALLOCATE PREPARE stmt;
    END IF;
END //
DELIMITER ;
CALL add_column('t', 'b', 'VARCHAR(20) NOT NULL DEFAULT ''x''');
CALL add_column('t', 'A', 'BIGINT');
CALL ADD_COLUMN('t', 'c', 'INT');
DROP PROCEDURE add_column;
DROP PROCEDURE IF EXISTS add_column;
CALL add_column('t', 'd', 'INT');
-- next --
-- The schema decides between two texts.
CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY by_a (a));
SET @drop = (SELECT IF((SELECT COUNT(*) FROM information_schema.STATISTICS WHERE table_schema = DATABASE() AND table_name = 't'
    AND index_name = 'by_a') > 0, 'ALTER TABLE t DROP INDEX by_a', 'SELECT 1'));
PREPARE drop_it FROM @drop;
EXECUTE drop_it;
DEALLOCATE PREPARE drop_it;
SET @again = IF(EXISTS(SELECT 1 FROM information_schema.statistics WHERE table_schema = SCHEMA() AND table_name = 't'
    AND index_name = 'by_a'), 'ALTER TABLE t DROP INDEX by_a', 'SELECT ''no index''');
PREPARE drop_it FROM @again;
EXECUTE drop_it;
DROP PREPARE drop_it;
SELECT COUNT(*) INTO @found FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'u';
SET @make = IF(@found < 1, 'CREATE TABLE u (id INT PRIMARY KEY, t INT, CONSTRAINT u_t FOREIGN KEY (t) REFERENCES t (id))', 'DO 0');
PREPARE make FROM @make;
EXECUTE make;
SET @key := (SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE()
    AND TABLE_NAME = 'u' AND COLUMN_NAME = 't' AND REFERENCED_TABLE_NAME = 't');
SET @unkey = CONCAT('ALTER TABLE u DROP FOREIGN KEY ', @key);
PREPARE unkey FROM @unkey;
EXECUTE unkey;
EXECUTE IMMEDIATE 'ALTER TABLE u ADD COLUMN more INT';
EXECUTE IMMEDIATE CONCAT('ALTER TABLE u ', 'DROP COLUMN more');
PREPARE literal FROM 'CREATE INDEX u_t_again ON u (t, id)';
EXECUTE literal;
-- next --
-- Branches, handlers, early ways out, procedures that call procedures.
CREATE TABLE t (id INT PRIMARY KEY, a INT NULL);
DELIMITER ;;
CREATE PROCEDURE inner_one()
    IF EXISTS (SELECT * FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 't' AND column_name = 'a'
        AND is_nullable = 'YES') THEN ALTER TABLE t MODIFY a INT NOT NULL; ELSE ALTER TABLE t ADD COLUMN never INT; END IF ;;
CREATE PROCEDURE outer_one() all_of_it: BEGIN
    DECLARE CONTINUE HANDLER FOR 1060 BEGIN SET @twice = 1; END;
    ALTER TABLE t ADD COLUMN b INT;
    ALTER TABLE t ADD COLUMN b INT;
    CALL inner_one();
    IF NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'missing') THEN
        LEAVE all_of_it;
    END IF;
    DROP TABLE t;
END ;;
DELIMITER ;
CALL outer_one();
DROP PROCEDURE outer_one;
DROP PROCEDURE inner_one;
-- next --
-- Outside a routine.
CREATE TABLE t (id INT PRIMARY KEY);
DELIMITER //
BEGIN NOT ATOMIC
    IF NOT EXISTS (SELECT NULL FROM information_schema.table_constraints WHERE constraint_schema = DATABASE()
        AND table_name = 't' AND constraint_type = 'UNIQUE') THEN
        ALTER TABLE t ADD COLUMN code INT, ADD UNIQUE KEY t_code (code);
    END IF;
END //
IF (SELECT COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE()) = 0 THEN
    CREATE VIEW v AS SELECT id FROM t;
END IF //
DELIMITER ;
-- next --
-- Several statements in one, and a data change that cannot be read: the schema stays known.
CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY by_a (a));
CREATE TABLE u (id INT PRIMARY KEY, a INT);
UPDATE t AS x, u AS y SET y.a = x.a WHERE x.id = y.id;
DELETE y, x FROM t x JOIN u y ON y.id = x.id;
DELIMITER //
DROP PROCEDURE IF EXISTS drop_index; CREATE PROCEDURE drop_index(IN tab VARCHAR(64), IN ind VARCHAR(64))
BEGIN
    IF EXISTS (SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND INDEX_SCHEMA = DATABASE()
        AND TABLE_NAME = tab AND INDEX_NAME = ind) THEN
        SET @query = CONCAT('ALTER TABLE ', tab, ' DROP INDEX ', ind, ';');
        PREPARE stmt FROM @query;
        EXECUTE stmt;
        DEALLOCATE PREPARE stmt;
    END IF;
END //
DELIMITER ;
CALL drop_index('t', 'by_a');
CALL drop_index('t', 'by_a');
RENAME TABLE IF EXISTS nothing TO something;
RENAME TABLE IF EXISTS u TO v;
