# Zahlen mit ihren Wörtern und die Wörter für das, was der Planer sagt.

steps = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    }
migrations = { $n ->
    [one] 1 Migration
   *[other] { $n } Migrationen
    }
errors = { $n ->
    [one] 1 Fehler
   *[other] { $n } Fehler
    }
warnings = { $n ->
    [one] 1 Warnung
   *[other] { $n } Warnungen
    }
notes = { $n ->
    [one] 1 Hinweis
   *[other] { $n } Hinweise
    }
batches = { $n ->
    [one] 1 Batch
   *[other] { $n } Batches
    }
statements = { $n ->
    [one] 1 Anweisung
   *[other] { $n } Anweisungen
    }
opaque-statements = { $n ->
    [one] 1 nicht deutbare Anweisung
   *[other] { $n } nicht deutbare Anweisungen
    }
reasons = { $n ->
    [one] 1 Grund
   *[other] { $n } Gründe
    }
tables = { $n ->
    [one] 1 Tabelle
   *[other] { $n } Tabellen
    }
columns = { $n ->
    [one] 1 Spalte
   *[other] { $n } Spalten
    }
views = { $n ->
    [one] 1 View
   *[other] { $n } Views
    }
enums = { $n ->
    [one] 1 Enum
   *[other] { $n } Enums
    }
functions = { $n ->
    [one] 1 Funktion
   *[other] { $n } Funktionen
    }
sequences = { $n ->
    [one] 1 Sequenz
   *[other] { $n } Sequenzen
    }
rows = { $n ->
    [one] 1 Zeile
   *[other] { $n } Zeilen
    }
sql-lines = { $n ->
    [one] 1 Zeile SQL
   *[other] { $n } Zeilen SQL
    }
attempts = { $n ->
    [one] 1 Versuch
   *[other] { $n } Versuche
    }
tables-changed = { $n ->
    [one] 1 Tabelle wurde geändert
   *[other] { $n } Tabellen wurden geändert
    }
files = { $n ->
    [one] 1 Datei
   *[other] { $n } Dateien
    }
minutes = Minuten
hours = Stunden
range = { $from } bis { $to } { $unit }
range-up-to = bis zu { $to } { $unit }
batches-unknown = Batches
duration-unknown = Dauer unbekannt
duration-unknown-table = Dauer ohne Größe der Tabelle unbekannt
batch-sentence = { $batches } zu { $rows } Zeilen, { $time }, längste Sperre { $lock }
batch-wal = , { $bytes } WAL
blocks-nothing = sperrt nichts
blocks-schema-changes = sperrt Schemaänderungen
blocks-writes = sperrt Schreiben
blocks-reads-and-writes = sperrt Lesen und Schreiben
blocks-unknown = sperrt womöglich alle
lock-time = , { $time } lang
lock-nothing = alle können { $object } weiter lesen und schreiben ({ $mode })
lock-schema-changes = niemand kann das Schema von { $object } ändern{ $time } ({ $mode })
lock-writes = niemand kann { $object } schreiben{ $time } ({ $mode })
lock-reads-and-writes = niemand kann { $object } lesen oder schreiben{ $time } ({ $mode })
lock-unknown = niemand weiß, wer { $object } benutzen kann ({ $mode })
lock-unseen = niemand kennt { $object } bisher, also wartet niemand darauf ({ $mode })
undo-lossless = Rückweg verliert nichts
undo-lossy = Rückweg verliert Daten
undo-none = kein Rückweg
undo-unknown = Rückweg unbekannt
undo-author = { $cost } (vom Autor)
severity-note = Hinweis
severity-warning = Warnung
severity-error = Fehler
edge-declared = deklariert
edge-order = Reihenfolge
edge-object = Objekt
verdict-works = funktioniert
verdict-degraded = eingeschränkt
verdict-unknown = unbekannt
verdict-breaks = bricht
run-pending = angelegt
run-running = läuft
run-done = fertig
run-failed = fehlgeschlagen
run-stopped = angehalten
run-waiting = wartet
applied = angewandt
pending = ausstehend
accept-loss = Ich nehme hin, dass dies verloren geht
accept-first = Es beginnt, sobald „{ $label }“ angekreuzt ist.
