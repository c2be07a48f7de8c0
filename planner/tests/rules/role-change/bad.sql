CREATE ROLE reports;
