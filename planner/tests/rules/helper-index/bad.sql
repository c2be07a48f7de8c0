-- rows: public.users=100000000
-- nulls: public.users.email_lower=0.005
CREATE TABLE users (id bigint PRIMARY KEY, email text, email_lower text);
-- migration --
UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL;
