# Läufe, und wie sie enden und zurückgenommen werden.

pulse-now = lebt, eben gehört
pulse-ago = lebt, zuletzt vor { $n } s gehört
pulse-silent = seit { $n } s nichts gehört; der Server arbeitet vielleicht an einer langen Anweisung oder ist fort
nothing-can-run = Von hier kann nichts laufen
plain-files = Diese Seite kommt aus einfachen Dateien: Sie plant und hat keine Datenbank. Im Ordner des Projekts einen Server starten und dessen Adresse öffnen:
run = Lauf
emergency-what = : stoppt die Anwendung, nimmt die Datenbank zurück und startet die Anwendung wieder.
reading-runs = Läufe werden gelesen
nothing-ran = Noch nichts gelaufen
run-starts = Ein Lauf beginnt mit einem freigegebenen Plan.
started = Begonnen
steps-column = Schritte
by = Von
what = Was
reading-run = Lauf { $id } wird gelesen
emergency-on = Notfall auf { $environment }
of = { $done } von { $all }
go-on = Weiterlaufen lassen
pause-title = Beginnt keinen Batch und keinen Schritt, bis es weitergehen darf
stop-what = Beendet die laufende Anweisung und behält jeden fertigen Schritt und Batch. Der nächste Lauf macht dort weiter.
what-happened = Was geschah
why-open = Warum darf es öffnen?
gate-note = Nur für diesen Plan. Wer es wann und warum öffnete, bleibt beim Lauf.
gate-denied = Gates zu öffnen ist in dieser Umgebung nicht erlaubt.
nothing-reported = Noch wurde nichts gemeldet.
environment-on = { $environment } auf { $target }
run-started-by = Plan { $digest }, begonnen von { $who }, { $at }
open-gate = Gate { $gate } öffnen
sentence-pending = Wartet auf den Beginn: { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    }
sentence-running = Schritt { $number } von { $all }{ $progress }
sentence-done = Fertig: { $n ->
    [one] der einzige Schritt
   *[other] alle { $n } Schritte
    }
sentence-failed = Fehlgeschlagen in Schritt { $number } von { $all }: { $why }
sentence-waiting = Schritt { $number } von { $all } wartet an einem Gate{ $why }
sentence-stopped = Angehalten nach { $done } von { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritten
    }{ $why }
progress-of = {" "}von { $all }, { $share } %
progress-left = , noch etwa { $time }
progress-batch = , Batch { $number }
rows-changed = { $rows } Zeilen von { $statement } geändert; der letzte Batch dauerte { $time }.
event-started = Begonnen: { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    }
event-step = Schritt { $number } ({ $id }): { $what }
event-batch = { $statement }{ $progress }, { $rows } Zeilen
event-waits = Wartet: { $why }
event-before = anfangs { $rows } Zeilen zu ändern,{" "}
event-after = , { $rows } übrig
event-checked = { $statement }: { $before }{ $changed } geändert{ $after }
event-kept = { $rows } inzwischen geänderte behalten ihre Werte ({ $keys }); die alten stehen in { $table }
event-captured = { $step }: Alembic sandte { $n ->
    [one] 1 Anweisung
   *[other] { $n } Anweisungen
    }
event-at-gate = Wartet am Gate { $gate }: { $why }
event-opened = { $who } öffnete Gate { $gate }: { $why }
event-done = { $step } fertig in { $time }
stop-run = Diesen Lauf auf { $environment } anhalten
step-at-work = der laufende Schritt
leaves-half = { $step } läuft außerhalb einer Transaktion. Was die Anweisung bis zum Anhalten getan hat, wird nicht zurückgenommen, und ein halb gebauter Index bleibt ungültig stehen.
leaves-unknown = Der Plan dieses Laufs liegt hier nicht vor, also lässt sich nicht sagen, ob { $step } in einer Transaktion läuft. Außerhalb einer Transaktion wird nicht zurückgenommen, was die Anweisung bis zum Anhalten getan hat.
roll-back-title = Zeigt, was zurückginge und was verloren ginge, bevor etwas geschieht
roll-back-run = Diesen Lauf zurückrollen …
looking-back = Es wird angesehen, was zurückginge, und gezählt, was verloren ginge
nothing-back = Es gibt nichts zurückzunehmen: Was dieser Lauf anwandte, ist schon fort.
what-stays = Was bleibt
what-keeps = Was dem Rückweg im Wege steht
what-is-lost = Was verloren geht
derived-none = abgeleitet, der Autor schrieb keinen
roll-back-on = Zurückrollen auf { $environment }
empty-history = eine leere Historie
goes-back = { $database } geht zurück auf { $to }: { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    }, als eigener Lauf.
take-back = { $n ->
    [one] 1 Schritt
   *[other] { $n } Schritte
    } auf { $database } zurücknehmen
loses-nothing = verliert jetzt nichts
loses-something = verliert etwas
