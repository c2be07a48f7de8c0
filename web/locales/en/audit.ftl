# The check of an exported log.

choose-export = Choose an export
check-again = Check again
checking = Checking
log-unreadable = This log cannot be checked
key-not-named = The key was not named
audit-lead = A log that `flightplan audit export FILE` wrote is checked here: every row, their order, their signatures and the end. Nothing leaves this browser.
audit-key = Key of the log
audit-key-what = The key is what `flightplan audit key` prints on the machine that wrote the log. Take it from there, not from the file: whoever writes a whole log anew signs it, too.
audit-no-key = The key is not one: it begins with ed25519: and has 44 characters behind it.
file-unreadable = { $name } cannot be read.
audit-no-rows = { $name } holds no row of an audit log.
audit-no-row = { $name }:{ $line }: this is no row of an audit log.
audit-own-key = It was judged by the key that it names itself. Compare it with the one of the machine that wrote it: `{ $key }`
audit-intact = { $name } is as it was written
audit-changed = { $name } is not as it was written
audit-rows = { $n ->
    [one] 1 row
   *[other] { $n } rows
    }, the last `{ $last }`
