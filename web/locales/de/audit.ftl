# Die Prüfung eines exportierten Logs.

choose-export = Export wählen
check-again = Erneut prüfen
checking = Wird geprüft
log-unreadable = Dieses Log lässt sich nicht prüfen
key-not-named = Der Schlüssel wurde nicht genannt
audit-lead = Hier wird ein Log geprüft, das `flightplan audit export DATEI` schrieb: jede Zeile, ihre Reihenfolge, ihre Signaturen und das Ende. Nichts verlässt diesen Browser.
audit-key = Schlüssel des Logs
audit-key-what = Der Schlüssel ist, was `flightplan audit key` auf dem Rechner ausgibt, der das Log schrieb. Von dort ist er zu nehmen, nicht aus der Datei: Wer ein ganzes Log neu schreibt, signiert es auch.
audit-no-key = Das ist kein Schlüssel: Er beginnt mit ed25519: und hat dahinter 44 Zeichen.
file-unreadable = { $name } ist nicht lesbar.
audit-no-rows = { $name } enthält keine Zeile eines Audit-Logs.
audit-no-row = { $name }:{ $line }: Das ist keine Zeile eines Audit-Logs.
audit-own-key = Es wurde mit dem Schlüssel beurteilt, den es selbst nennt. Mit dem des Rechners vergleichen, der es schrieb: `{ $key }`
audit-intact = { $name } ist, wie es geschrieben wurde
audit-changed = { $name } ist nicht, wie es geschrieben wurde
audit-rows = { $n ->
    [one] 1 Zeile
   *[other] { $n } Zeilen
    }, die letzte `{ $last }`
