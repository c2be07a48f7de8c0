# Die Seite des Plans und ihre Teile.

chart-caption = Die neuesten { $n ->
    [one] 1 Batch
   *[other] { $n } Batches
    }, der längste { $time }; gewartet wurde auf { $waited ->
    [0] keinen
   *[other] { $waited }
    }.
chart-batch = Batch { $number }: { $rows } Zeilen in { $time }, { $waited } warteten
batches-heading = Batches
rows-per-batch = Zeilen je Batch
rows-per-batch-number = Zeilen je Batch als Zahl
pause = Pause
run-as-one = als eine Anweisung ausführen
plans-choice = Wahl des Plans verwenden
rows-unit = Zeilen
whole-unknown = Eine Anweisung in einer Transaktion: Jede geänderte Zeile bleibt gesperrt, solange sie dauert
whole-for = Eine Anweisung in einer Transaktion: Jede geänderte Zeile bleibt gesperrt, und zwar { $time }
small-enough = Diese Anweisung ist klein genug, um in einem Stück zu laufen
curve = Gesamtdauer gegen längste Sperre
curve-axes = Nach oben: länger insgesamt ({ $least } bis { $most }). Nach rechts: längere Sperren ({ $shortest } bis { $longest }).
curve-point = { $rows } Zeilen je Batch: { $total } insgesamt, Sperren bis { $lock }
instead = Stattdessen:
no-lock = Keine Anweisung dieses Plans nimmt eine Sperre, die jemand bemerken könnte.
timeline = Zeitachse der Sperren, seitwärts zu blättern
worst-objects = Die { $shown } von { $all } Objekten, auf die am meisten gewartet wird.
show-all = Alle { $n } zeigen
step-lock = Schritt { $number }: { $lock }
mended = Korrigierte Dateien
take-fixes-back = Korrekturen zurücknehmen
files-mended = { $n ->
    [one] 1 Datei ist
   *[other] { $n } Dateien sind
    } hier korrigiert, nur in diesem Browser. Ins Projekt speichern, dann dieses planen.
save-file = { $name } speichern
remarks = Anmerkungen
no-remarks = Zu diesem Plan hat noch niemand etwas gesagt. Eine Anmerkung ändert weder den Plan noch seine Freigaben.
say-it = Anmerken
remark-on-plan = Änderungen erbitten oder sonst etwas zum Plan sagen
remark-on-step = Änderungen erbitten oder sonst etwas zu Schritt { $step } sagen
remark-about = zu
hidden-character = Ein unsichtbares Zeichen, das ändert, wie Text erscheint
sql-more = Weitere { $bytes } dieser Anweisung sind nicht gezeigt. Sie läuft ganz: zum Lesen die Datei öffnen.
nobody-waits = niemand wartet darauf
outside-transaction = läuft außerhalb einer Transaktion
callback = Callback { $event }
not-known-reason = Nicht bekannt:
would-refuse = Der Server würde es ablehnen:
rewrites = schreibt neu: { $objects }
scans = liest ganz: { $objects }
builds = baut auf: { $objects }
runs-python = führt Python des Projekts aus
locks-over-time = Sperren im Verlauf
timeline-note = Je Anweisung eine Spalte; was zehnmal so lange dauert, ist etwas breiter.
no-plan = Kein Plan möglich
no-plan-what = Das oben Aufgeführte beheben; der Plan erscheint, sobald die Dateien lesbar sind.
nothing-to-run = Nichts auszuführen
no-own-migration = { $environment } läuft mit { $tool }, und diese Dateien enthalten keine Migration von { $tool }.
all-applied = { $n ->
    [one] Die einzige Migration von { $environment } ist
   *[other] Alle { $n } Migrationen von { $environment } sind
    } angewandt. Eine neue Datei ergibt den nächsten Plan.
none-runs = { $n ->
    [one] 1 Migration ist
   *[other] { $n } Migrationen sind
    } nicht angewandt, und keine davon läuft hier: siehe die Befunde unter Migrationen.
hurts-nobody = Niemand muss auf diesen Plan warten.
hurts-schema-changes = Lesen und Schreiben gehen weiter; nur andere Schemaänderungen warten.
hurts-writers = Schreibende müssen warten, zuerst in Schritt { $number }.
hurts-all = Lesende und Schreibende müssen warten, zuerst in Schritt { $number }.
hurts-unknown = Womöglich müssen alle warten, zuerst in Schritt { $number }.
uncertain = { $first } Über { $n ->
    [one] 1 Anweisung
   *[other] { $n } Anweisungen
    } lässt sich nichts Sicheres sagen.
not-whole = Dieser Plan ist nicht vollständig: { $n ->
    [one] 1 Befund ist
   *[other] { $n } Befunde sind
    } zu beheben. Was lesbar ist: { $first }
longest-wait = {" "}Die längste Wartezeit ist { $time }.
duration-unknown-tables = Dauer ohne Größen der Tabellen unbekannt
from-empty = von einer leeren Historie bis { $to }
from-to = von { $from } bis { $to }
open-plan-file = Plan öffnen …
compare-link = Vergleichen …
close-plan = Diesen Plan schließen
share-title = Legt Dateien, Einstellungen und Auswahl in die Adresse selbst. Nichts wird irgendwohin gesendet.
copy-link = Link kopieren
link-dialog = Ein Link zu diesem Plan
packing = Dateien, Einstellungen und Auswahl werden gepackt
cannot-compress = Dieser Browser kann nicht komprimieren, also macht er keine Links.
share-file = Stattdessen den Plan als eine Datei weitergeben, die sich ohne Server öffnet:
copied = Kopiert.
copy-from-field = Aus dem Feld kopieren.
link-holds = Er enthält die Migrationen und Einstellungen selbst, ohne die Passwörter aus Konfigurationsdateien. Was hinter dem # steht, wird nie an einen Server gesendet; wer den Link hat, kann es lesen.
link-too-long = Der Link hätte { $n } Zeichen. Chats und Tracker schneiden ab, was länger ist als { $most }.
link-opens = Wer ihn öffnet, sieht diesen Plan mit diesem Digest, im eigenen Browser geplant, auf jeder Seite von Flightplan.
link-letters = Link, { $n } Zeichen
no-way-back = Kein Rückweg
way-back-author = Rückweg, wie ihn der Autor schrieb
way-back-derived = Rückweg, aus den Anweisungen abgeleitet
step-of = Schritt { $number } von { $all }
whole-migration = Die ganze Migration { $id }
python-unknown = Nicht bekannt, bevor er läuft.
python-runs = Hier führt das Alembic des Projekts { $command } { $target } aus, unter der Sperre von Flightplan; was es sendet, wird beim Lauf aufbewahrt.
approved-file = Freigegeben wird die Datei, wie sie ist: SHA-256 `{ $hash }`
mode-transactional = Läuft in einer Transaktion: alles oder nichts
mode-autocommit = Läuft außerhalb einer Transaktion, Anweisung für Anweisung
mode-batched = Läuft in Batches mit je einer Transaktion; ein angehaltener Lauf geht hinter dem letzten weiter
no-time-limit = keine Zeitgrenze
most-a-statement = höchstens { $time } je Anweisung
mode = { $transaction }. Wartet höchstens { $lock } auf eine Sperre; { $statement }.
callbacks = Callbacks
callbacks-of-run = Callbacks dieses Laufs
in-transaction = in einer Transaktion
outside-a-transaction = außerhalb einer Transaktion
lane-expand = Fügt hinzu. Das alte Release läuft weiter. Vor dem Ausrollen ausführen.
lane-migrate = Bewegt Daten. Beide Releases laufen weiter.
lane-contract = Nimmt weg. Ausführen, wenn das alte Release fort ist.
lane-empty = Kein Schritt in dieser Phase.
phase-steps = Schritte { $phase }
scroll-on = { $n } weitere: weiterblättern.
gate = Gate:
may-approve-only = Freigeben ist hier erlaubt, Ausführen nicht.
may-run-only = Ausführen ist hier erlaubt, Freigeben nicht.
may-read-only = Lesen ist hier erlaubt, Freigeben und Ausführen nicht.
read-from = Aus { $name } gelesen, nur in diesem Browser. Freigegeben und ausgeführt wird er mit `flightplan approve` und `flightplan apply`.
planned-only = Nur in diesem Browser geplant. Zum Freigeben und Ausführen diese Seite von `flightplan serve` aus öffnen.
approve-title = Hält fest, dass { $user } genau den Plan { $digest } für { $target } freigibt. Jede Änderung ergibt einen anderen Plan.
approved-by-you = Eigene Freigabe ist erteilt
approve = { $digest } freigeben
run-title = Führt jetzt { $n ->
    [one] den einen Schritt
   *[other] die { $n } Schritte
    } von { $digest } auf { $target } aus.
run-steps = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    } auf { $environment } ausführen
approvals-none = Hier wird keine Freigabe verlangt.
approvals-zero = 0 von { $n ->
    [one] 1 Freigabe
   *[other] { $n } Freigaben
    } erteilt.
approvals-by = Freigegeben von { $who }.
approvals-given = { $given } von { $n ->
    [one] 1 Freigabe
   *[other] { $n } Freigaben
    } erteilt: { $who }.
mend-first = Zuerst die blockierenden Befunde beheben: Was nicht laufen kann, kann nicht freigegeben werden.
target-no-answer = { $target } antwortet nicht.
server-knows-none = Der Server kennt keine Datenbank für diese Umgebung.
read-not-approved = { $why } Der Plan kann gelesen, nicht freigegeben werden.
approvals-missing = Bevor er laufen kann, { $n ->
    [one] fehlt 1 Freigabe
   *[other] fehlen { $n } Freigaben
    }.
runs-on = Er läuft auf { $target }.
the-target = dem Ziel
