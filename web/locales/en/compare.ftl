# Two plans beside each other.

compare-two = Compare two plans
comparing = Planning and comparing
nothing-to-compare = Nothing to compare with yet
before-changes = The plan before your changes
a-plan-file = A plan file…
another-environment = Another environment
before-your-changes = Before your changes
digests = Digests
digest = Digest
plan-in-hand = The plan in hand
plans-whole = The plans as a whole
only-in-hand = Steps that only the plan in hand has
steps-differ = Steps that differ
new-findings = New findings
gone-findings = Findings that are gone
same-plan = They are the same plan.
digests-differ = Nothing that can be read differs, and the digests do: one of them was edited, or made by another version.
same-for-else = the same steps and findings, for something else
change-nothing = nothing
change-empty = empty
in-hand = the plan in hand
choose-other = Choose above what the plan in hand is held against: a file that `flightplan plan --output` wrote, the plan of another environment, or the plan before you changed anything.
only-in-other = Steps that only the other has ({ $name })
steps-added = { $n ->
    [one] 1 step
   *[other] { $n } steps
    } added
steps-removed = { $n ->
    [one] 1 step
   *[other] { $n } steps
    } removed
steps-changed = { $n ->
    [one] 1 step
   *[other] { $n } steps
    } changed
findings-new = { $n ->
    [one] 1 finding
   *[other] { $n } findings
    } new
findings-gone = { $n ->
    [one] 1 finding
   *[other] { $n } findings
    } gone
