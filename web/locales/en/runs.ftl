# Runs, and how they are ended and taken back.

pulse-now = alive, heard just now
pulse-ago = alive, last heard { $n } s ago
pulse-silent = nothing heard for { $n } s; the server may be busy with one long statement, or gone
nothing-can-run = Nothing can run from here
plain-files = This page is served from plain files: it plans, and has no database. Start a server in your project's folder and open its address:
run = Run
emergency-what = : stops the application, takes the database back, and starts the application again.
reading-runs = Reading the runs
nothing-ran = Nothing has run yet
run-starts = A run starts from an approved plan.
started = Started
steps-column = Steps
by = By
what = What
reading-run = Reading run { $id }
emergency-on = Emergency on { $environment }
of = { $done } of { $all }
go-on = Let it go on
pause-title = Begins no batch and no step until it may go on
stop-what = Ends the statement at work, keeps every finished step and batch. The next run goes on from there.
what-happened = What happened
why-open = Why may it open?
gate-note = For this plan only. Who opened it, when and why stays with the run.
gate-denied = You may not open gates in this environment.
nothing-reported = Nothing was reported yet.
environment-on = { $environment } on { $target }
run-started-by = plan { $digest }, started by { $who } { $at }
open-gate = Open gate { $gate }
sentence-pending = Waiting to start: { $n ->
    [one] 1 step
   *[other] { $n } steps
    }
sentence-running = Step { $number } of { $all }{ $progress }
sentence-done = Done: { $n ->
    [one] its only step
   *[other] all { $n } steps
    }
sentence-failed = Failed in step { $number } of { $all }: { $why }
sentence-waiting = Step { $number } of { $all } waits at a gate{ $why }
sentence-stopped = Stopped after { $done } of { $n ->
    [one] 1 step
   *[other] { $n } steps
    }{ $why }
progress-of = {" "}of { $all }, { $share } %
progress-left = , about { $time } left
progress-batch = , batch { $number }
rows-changed = { $rows } rows changed by { $statement }; the last batch took { $time }.
event-started = Started: { $n ->
    [one] 1 step
   *[other] { $n } steps
    }
event-step = Step { $number } ({ $id }): { $what }
event-batch = { $statement }{ $progress }, { $rows } rows
event-waits = Waits: { $why }
event-before = { $rows } rows to change at the beginning,{" "}
event-after = , { $rows } left
event-checked = { $statement }: { $before }{ $changed } changed{ $after }
event-kept = { $rows } changed meanwhile keep their values ({ $keys }); the old ones are in { $table }
event-captured = { $step }: Alembic sent { $n ->
    [one] 1 statement
   *[other] { $n } statements
    }
event-at-gate = Waits at gate { $gate }: { $why }
event-opened = { $who } opened gate { $gate }: { $why }
event-done = { $step } done in { $time }
stop-run = Stop this run on { $environment }
step-at-work = the step at work
leaves-half = { $step } runs outside a transaction. What its statement has done until it is stopped is not taken back, and an index that is half built stays, invalid.
leaves-unknown = The plan of this run is not the one in hand, so nobody can say here whether { $step } runs in a transaction. Outside of one, what its statement has done until it is stopped is not taken back.
roll-back-title = Shows what would go back and what would be lost, before anything is done
roll-back-run = Roll back this run…
looking-back = Looking at what goes back and counting what would be lost
nothing-back = There is nothing to take back: what this run applied is gone already.
what-stays = What stays
what-keeps = What keeps it from being gone
what-is-lost = What is lost
derived-none = derived, its author wrote none
roll-back-on = Roll back on { $environment }
empty-history = an empty history
goes-back = { $database } goes back to { $to }: { $n ->
    [one] 1 step
   *[other] { $n } steps
    }, as a run of its own.
take-back = Take back { $n ->
    [one] 1 step
   *[other] { $n } steps
    } on { $database }
loses-nothing = loses nothing now
loses-something = loses something
