-- toml: [flyway.placeholders]
-- toml: reporting_password = "given"
CREATE ROLE reporting LOGIN PASSWORD '${reporting_password}';
CREATE TABLE tokens (id uuid PRIMARY KEY, token_hash text);
INSERT INTO tokens VALUES ('0f8fad5b-d9cb-469f-a165-70867728950e', '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy');
