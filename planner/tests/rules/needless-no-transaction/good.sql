-- conf: executeInTransaction=false
CREATE TABLE users (id bigint PRIMARY KEY, email text);
-- migration --
CREATE INDEX CONCURRENTLY users_email ON users (email);
