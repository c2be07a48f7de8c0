# Zwei Pläne nebeneinander.

compare-two = Zwei Pläne vergleichen
comparing = Es wird geplant und verglichen
nothing-to-compare = Noch nichts zum Vergleichen
before-changes = Der Plan vor den eigenen Änderungen
a-plan-file = Eine Plandatei …
another-environment = Eine andere Umgebung
before-your-changes = Vor den eigenen Änderungen
digests = Digests
digest = Digest
plan-in-hand = Der vorliegende Plan
plans-whole = Die Pläne als Ganzes
only-in-hand = Schritte, die nur der vorliegende Plan hat
steps-differ = Schritte, die sich unterscheiden
new-findings = Neue Befunde
gone-findings = Entfallene Befunde
same-plan = Es ist derselbe Plan.
digests-differ = Lesbar unterscheidet sich nichts, die Digests aber schon: Einer wurde bearbeitet oder von einer anderen Version gemacht.
same-for-else = dieselben Schritte und Befunde, für etwas anderes
change-nothing = nichts
change-empty = leer
in-hand = der vorliegende Plan
choose-other = Oben wählen, womit der vorliegende Plan verglichen wird: eine Datei, die `flightplan plan --output` schrieb, der Plan einer anderen Umgebung oder der Plan vor den eigenen Änderungen.
only-in-other = Schritte, die nur der andere hat ({ $name })
steps-added = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    } neu
steps-removed = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    } entfallen
steps-changed = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    } geändert
findings-new = { $n ->
    [one] 1 Befund
   *[other] { $n } Befunde
    } neu
findings-gone = { $n ->
    [one] 1 Befund
   *[other] { $n } Befunde
    } entfallen
