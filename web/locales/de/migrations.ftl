# Die Liste der Migrationen.

use-server = Projekt des Servers verwenden
filter-hint = Id, Worte, Pfad filtern
filter-text = Nach Text filtern
all-sources = Alle Werkzeuge
applied-and-pending = Angewandt und ausstehend
pending-option = Ausstehend
applied-option = Angewandt
no-migration = In diesen Dateien wurde keine Migration gefunden. Flyway nennt sie V1__worte.sql, R__worte.sql und U1__worte.sql; Alembic hält sie in versions/.
no-match = Keine Migration passt zum Filter.
findings-column = Befunde
migrations-summary = { $pending } ausstehend von { $n ->
    [one] 1 Migration
   *[other] { $n } Migrationen
    }: { $flyway } Flyway, { $alembic } Alembic.
own-files = Eigene Dateien: { $name }. Sie bleiben in diesem Browser.
no-statements = Sie hat keine Anweisungen.
authors-way-back = Rückweg vom Autor
migration-of = Migration von { $tool }
step-of-plan = Schritt { $number } des Plans
not-known-at = Nicht bekannt in Zeile { $line }:
line = Zeile { $line }
