# The list of migrations.

use-server = Use the server's project
filter-hint = Filter by id, words or path
filter-text = Filter by text
all-sources = All sources
applied-and-pending = Applied and pending
pending-option = Pending
applied-option = Applied
no-migration = No migration was found in these files. Flyway names them V1__words.sql, R__words.sql and U1__words.sql; Alembic keeps them in versions/.
no-match = No migration fits the filter.
findings-column = Findings
migrations-summary = { $pending } pending of { $n ->
    [one] 1 migration
   *[other] { $n } migrations
    }: { $flyway } Flyway, { $alembic } Alembic.
own-files = Your own files: { $name }. They stay in this browser.
no-statements = It has no statements.
authors-way-back = Way back by its author
migration-of = { $tool } migration
step-of-plan = Step { $number } of the plan
not-known-at = Not known at line { $line }:
line = line { $line }
