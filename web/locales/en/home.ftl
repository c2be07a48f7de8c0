# The first page.

what-is-deployed = What is deployed
at = At
pending-column = Pending
releases-there = Releases there
going-back = Going back from there
asking-database = asking its database
no-database-known = no database is known to this server
nothing-applied = nothing applied
plan-for = Plan { $environment }
not-known = not known
nothing = nothing
nothing-lost = nothing is lost now
back-to = To { $release }: { $what }
waits-for-you = What waits for you
waits-none = Nothing: every migration known here is applied, no run is under way, no gate is closed.
newest-runs = Newest runs
look-and-open = Look and open it
see-where = See where
watch-it = Watch it
mend-them = Mend them
review-plan = Review the plan
open-plan = Open the plan
read-plan = Read the plan
waits-at-gate = A run on { $environment } waits at gate { $gate }: { $what }.
last-failed = The last run on { $environment } failed: { $why }
last-stopped = The last run on { $environment } stopped after { $done } of { $all } steps.
under-way = A run on { $environment } is under way: { $done } of { $all } steps done.
findings-keep = { $n ->
    [one] 1 finding keeps
   *[other] { $n } findings keep
    } this project from running.
steps-for = { $n ->
    [one] 1 step
   *[other] { $n } steps
    } for { $environment }
planned-here = { $what }, planned in this browser.
planned-alone = { $what }, planned without its database.
can-run = { $what } can run now.
you-approved = { $what }: you approved, { $n } more must.
wait-for-you = { $what } wait for your approval.
wait-for-others = { $what } wait for the approval of others.
