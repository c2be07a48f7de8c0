-- Reads the whole table while nobody can use it; the review page shows the safe sequence.
ALTER TABLE users ALTER COLUMN display_name SET NOT NULL;
