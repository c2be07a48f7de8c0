# Numbers with their nouns, and the words of what the planner tells.

steps = { $n ->
    [one] 1 step
   *[other] { $n } steps
    }
migrations = { $n ->
    [one] 1 migration
   *[other] { $n } migrations
    }
errors = { $n ->
    [one] 1 error
   *[other] { $n } errors
    }
warnings = { $n ->
    [one] 1 warning
   *[other] { $n } warnings
    }
notes = { $n ->
    [one] 1 note
   *[other] { $n } notes
    }
batches = { $n ->
    [one] 1 batch
   *[other] { $n } batches
    }
statements = { $n ->
    [one] 1 statement
   *[other] { $n } statements
    }
opaque-statements = { $n ->
    [one] 1 opaque statement
   *[other] { $n } opaque statements
    }
reasons = { $n ->
    [one] 1 reason
   *[other] { $n } reasons
    }
tables = { $n ->
    [one] 1 table
   *[other] { $n } tables
    }
columns = { $n ->
    [one] 1 column
   *[other] { $n } columns
    }
views = { $n ->
    [one] 1 view
   *[other] { $n } views
    }
enums = { $n ->
    [one] 1 enum
   *[other] { $n } enums
    }
functions = { $n ->
    [one] 1 function
   *[other] { $n } functions
    }
sequences = { $n ->
    [one] 1 sequence
   *[other] { $n } sequences
    }
rows = { $n ->
    [one] 1 row
   *[other] { $n } rows
    }
sql-lines = { $n ->
    [one] 1 line of SQL
   *[other] { $n } lines of SQL
    }
attempts = { $n ->
    [one] 1 attempt
   *[other] { $n } attempts
    }
tables-changed = { $n ->
    [one] 1 table was changed
   *[other] { $n } tables were changed
    }
files = { $n ->
    [one] 1 file
   *[other] { $n } files
    }
minutes = minutes
hours = hours
range = { $from } to { $to } { $unit }
range-up-to = up to { $to } { $unit }
batches-unknown = Batches
duration-unknown = duration unknown
duration-unknown-table = duration unknown without the table's size
batch-sentence = { $batches } of { $rows } rows, { $time }, longest lock { $lock }
batch-wal = , { $bytes } of WAL
blocks-nothing = blocks nothing
blocks-schema-changes = blocks schema changes
blocks-writes = blocks writes
blocks-reads-and-writes = blocks reads and writes
blocks-unknown = may block anyone
lock-time = {" "}for { $time }
lock-nothing = everybody can go on reading and writing { $object } ({ $mode })
lock-schema-changes = nobody can change the schema of { $object }{ $time } ({ $mode })
lock-writes = nobody can write { $object }{ $time } ({ $mode })
lock-reads-and-writes = nobody can read or write { $object }{ $time } ({ $mode })
lock-unknown = nobody knows who can use { $object } ({ $mode })
lock-unseen = nobody knows { $object } yet, so nobody waits for it ({ $mode })
undo-lossless = undo loses nothing
undo-lossy = undo loses data
undo-none = no undo
undo-unknown = undo unknown
undo-author = { $cost } (author's)
severity-note = note
severity-warning = warning
severity-error = error
edge-declared = declared
edge-order = order
edge-object = object
verdict-works = works
verdict-degraded = degraded
verdict-unknown = unknown
verdict-breaks = breaks
run-pending = pending
run-running = running
run-done = done
run-failed = failed
run-stopped = stopped
run-waiting = waiting
applied = applied
pending = pending
accept-loss = I accept that this is lost
accept-first = It begins once “{ $label }” is ticked.
