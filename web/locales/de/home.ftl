# Die erste Seite.

what-is-deployed = Was ausgerollt ist
at = Stand
pending-column = Ausstehend
releases-there = Releases dort
going-back = Rückweg von dort
asking-database = die Datenbank wird gefragt
no-database-known = dieser Server kennt keine Datenbank dafür
nothing-applied = nichts angewandt
plan-for = { $environment } planen
not-known = nicht bekannt
nothing = nichts
nothing-lost = jetzt geht nichts verloren
back-to = Zu { $release }: { $what }
waits-for-you = Was wartet
waits-none = Nichts: Jede hier bekannte Migration ist angewandt, kein Lauf ist unterwegs, kein Gate geschlossen.
newest-runs = Neueste Läufe
look-and-open = Ansehen und öffnen
see-where = Zur Stelle
watch-it = Zusehen
mend-them = Beheben
review-plan = Plan prüfen
open-plan = Plan öffnen
read-plan = Plan lesen
waits-at-gate = Ein Lauf auf { $environment } wartet am Gate { $gate }: { $what }.
last-failed = Der letzte Lauf auf { $environment } ist fehlgeschlagen: { $why }
last-stopped = Der letzte Lauf auf { $environment } hielt nach { $done } von { $all } Schritten an.
under-way = Ein Lauf auf { $environment } ist unterwegs: { $done } von { $all } Schritten fertig.
findings-keep = { $n ->
    [one] 1 Befund hält
   *[other] { $n } Befunde halten
    } dieses Projekt vom Laufen ab.
steps-for = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    } für { $environment }
planned-here = { $what }, in diesem Browser geplant.
planned-alone = { $what }, ohne Datenbank geplant.
can-run = { $what }, jetzt ausführbar.
you-approved = { $what }: selbst freigegeben, { $n } weitere Freigaben fehlen.
wait-for-you = { $what }, eigene Freigabe steht aus.
wait-for-others = { $what }, Freigabe durch andere steht aus.
