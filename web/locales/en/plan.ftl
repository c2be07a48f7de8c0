# The plan page and its parts.

chart-caption = The newest { $n ->
    [one] 1 batch
   *[other] { $n } batches
    }, the longest { $time }; somebody waited for { $waited ->
    [0] none
   *[other] { $waited }
    }.
chart-batch = Batch { $number }: { $rows } rows in { $time }, { $waited } waited
batches-heading = Batches
rows-per-batch = Rows per batch
rows-per-batch-number = Rows per batch as a number
pause = Pause
run-as-one = run as one statement
plans-choice = Use the plan's choice
rows-unit = rows
whole-unknown = One statement in one transaction: every row it changes stays locked for as long as it takes
whole-for = One statement in one transaction: every row it changes stays locked for { $time }
small-enough = This statement is small enough to run as one
curve = Total duration against longest lock
curve-axes = Up: longer in all ({ $least } to { $most }). Right: longer locks ({ $shortest } to { $longest }).
curve-point = { $rows } rows a batch: { $total } in all, locks up to { $lock }
instead = Instead:
no-lock = No statement of this plan takes a lock that anyone could notice.
timeline = Lock timeline, scrolls sideways
worst-objects = The { $shown } of { $all } objects that most have to wait for.
show-all = Show all { $n }
step-lock = Step { $number }: { $lock }
mended = Mended files
take-fixes-back = Take the fixes back
files-mended = { $n ->
    [one] 1 file is mended
   *[other] { $n } files are mended
    } here, in this browser only. Save it into your project, then plan that.
save-file = Save { $name }
remarks = Remarks
no-remarks = Nobody has said anything about this plan. A remark changes neither the plan nor its approvals.
say-it = Say it
remark-on-plan = Ask for changes, or say something else about the plan
remark-on-step = Ask for changes, or say something else about step { $step }
remark-about = about
hidden-character = An invisible character that changes how text is shown
sql-more = { $bytes } more of this statement are not shown. All of it runs: open the file to read it.
nobody-waits = nobody waits for it
outside-transaction = runs outside a transaction
callback = callback { $event }
not-known-reason = Not known:
would-refuse = The server would refuse it:
rewrites = writes anew { $objects }
scans = reads in full { $objects }
builds = builds { $objects }
runs-python = runs the project's Python
locks-over-time = Locks over time
timeline-note = One column a statement; a column that takes ten times as long is some steps wider.
no-plan = No plan can be made
no-plan-what = Mend what is listed above; the plan appears as soon as the files can be read.
nothing-to-run = Nothing to run
no-own-migration = { $environment } runs { $tool }, and these files hold no { $tool } migration.
all-applied = All { $n ->
    [one] 1 migration
   *[other] { $n } migrations
    } of { $environment } are applied. A new file makes the next plan.
none-runs = { $n ->
    [one] 1 migration is
   *[other] { $n } migrations are
    } not applied, and none of them runs here: see its findings under Migrations.
hurts-nobody = Nobody has to wait for this plan.
hurts-schema-changes = Readers and writers go on; only other schema changes wait.
hurts-writers = Writers have to wait, first in step { $number }.
hurts-all = Readers and writers have to wait, first in step { $number }.
hurts-unknown = Anyone may have to wait, first in step { $number }.
uncertain = { $first } Nothing certain can be said about { $n ->
    [one] 1 statement
   *[other] { $n } statements
    }.
not-whole = This plan is not whole: { $n ->
    [one] 1 finding
   *[other] { $n } findings
    } to mend. What can be read: { $first }
longest-wait = {" "}The longest wait is { $time }.
duration-unknown-tables = duration unknown without the tables' sizes
from-empty = from an empty history to { $to }
from-to = from { $from } to { $to }
open-plan-file = Open plan…
compare-link = Compare…
close-plan = Close this plan
share-title = Puts files, settings and choices into the address itself. Nothing is sent anywhere.
copy-link = Copy link
link-dialog = A link to this plan
packing = Packing files, settings and choices
cannot-compress = This browser cannot compress, so it makes no links.
share-file = Share the plan as one file instead, which opens without a server:
copied = Copied.
copy-from-field = Copy it from the field.
link-holds = It holds the migrations and settings themselves, passwords in configuration files taken out. What stands behind the # is never sent to a server; whoever has the link can read it.
link-too-long = The link would have { $n } letters. Chats and trackers cut off what is longer than { $most }.
link-opens = Whoever opens it sees this plan with this digest, planned in their own browser, on any page of Flightplan.
link-letters = Link, { $n } letters
no-way-back = No way back
way-back-author = Way back, as its author wrote it
way-back-derived = Way back, derived from the statements
step-of = Step { $number } of { $all }
whole-migration = The whole migration { $id }
python-unknown = Not known before it runs.
python-runs = Your project's own Alembic runs { $command } { $target } here, under Flightplan's lock; what it sends is kept with the run.
approved-file = Approved is the file as it is: SHA-256 `{ $hash }`
mode-transactional = Runs in one transaction: all of it or nothing
mode-autocommit = Runs outside a transaction, statement by statement
mode-batched = Runs in batches, a transaction each; a stopped run goes on behind the last one
no-time-limit = no time limit
most-a-statement = at most { $time } a statement
mode = { $transaction }. Waits at most { $lock } for a lock; { $statement }.
callbacks = Callbacks
callbacks-of-run = Callbacks of this run
in-transaction = in a transaction
outside-a-transaction = outside a transaction
lane-expand = Adds. The old release goes on. Run before you deploy.
lane-migrate = Moves data. Both releases go on.
lane-contract = Takes away. Run when the old release is gone.
lane-empty = No step in this phase.
phase-steps = { $phase } steps
scroll-on = { $n } more: scroll on.
gate = Gate:
may-approve-only = You may approve here, not run.
may-run-only = You may run here, not approve.
may-read-only = You may read here, neither approve nor run.
read-from = Read from { $name }, in this browser only. It is approved and run by `flightplan approve` and `flightplan apply`.
planned-only = Planned in this browser only. To approve and run a plan, open this page from `flightplan serve`.
approve-title = Records that { $user } approves exactly the plan { $digest } for { $target }. Any change makes another plan.
approved-by-you = You approved this plan
approve = Approve { $digest }
run-title = Runs the { $n ->
    [one] 1 step
   *[other] { $n } steps
    } of { $digest } on { $target } now.
run-steps = Run { $n ->
    [one] 1 step
   *[other] { $n } steps
    } on { $environment }
approvals-none = No approval is asked for here.
approvals-zero = 0 of { $n ->
    [one] 1 approval
   *[other] { $n } approvals
    } given.
approvals-by = Approved by { $who }.
approvals-given = { $given } of { $n ->
    [one] 1 approval
   *[other] { $n } approvals
    } given: { $who }.
mend-first = Mend the blocking findings first: what cannot run cannot be approved.
target-no-answer = { $target } does not answer.
server-knows-none = The server knows no database for this environment.
read-not-approved = { $why } The plan can be read, not approved.
approvals-missing = { $n ->
    [one] 1 approval is missing
   *[other] { $n } approvals are missing
    } before it can run.
runs-on = It runs on { $target }.
the-target = the target
