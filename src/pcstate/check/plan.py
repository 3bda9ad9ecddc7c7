"""Where the search for chains (check/chains.py) and its compiled loops find what they share.

`plan` is the network, as lists of numbers; `by_local` has a row for each question about one component, by its configuration;
`reg` are registers and short lists. Sets of vectors are the rows of `masks`. What is remembered: check/recall_kernels.py.
"""

# What `plan` begins with: numbers, and where lists begin. Of a list of lists: where each of them begins, and the last ends.
(
    SIZE, VECTORS, CONNS, CALLERS, REQUESTS, WIDTH, RECENT, SHARES, ROLES, MEANWHILE, WHO, MOVED, MOBILE, WORDS, ABOUT, ENDS,
    END_WORDS, OFF, RANK, PLACE, SEED_AT, NAME, LUCK, JUMPS, LACKS, SPENT, SPENTS, FIRST_SPENT, OBJECT, REFERENCES, LOOKS,
    RENAMED, ALIKE, ALIKES, TRIVIAL, HEADS, PLAYS, POSSIBLE, DIALS, DIALLED, LATE, BETWEEN,
) = range(42)  # fmt: skip
SECTIONS = 42

# Rows of `masks`; from HERE on one for each component, then what each has a part in, then the ends of each fact, then what each
# component must offer an event for. A configuration has three rows. OFF_NOW are vectors that facts keep off for as long as no
# more than SCOPE can fire outside the cluster.
NOTHING = 0
ENABLED, NOW, ABLE, OUTSIDE, JOINING, FOUND, DISTURBING, OTHERS, INNER, OFF_NOW, SCOPE, COUNTED, FIRST, WAITING = range(3, 17)
HERE = WAITING + 2
ALLOWED, CHANGES, STOPPED = range(3)

# Registers: how much there is of what grows, and how far the search is.
(
    ASKED, NEXT_ENTRY, NEXT_KEY, NEXT_NODE, NEXT_POOL, PHASE, CURRENT, KEPT, BRANCH, BRANCHES, ARROWS, CHAINS, FOLLOWED, AFTER,
    CHOSEN, TAKEN, CLUSTER_SIZE, FACTS_USED, NEXT_MASK, STAGES, DEPTH, RESTS_ON, BEST,
) = range(23)  # fmt: skip
WAY, TRIED, TOP, TRYING, ENDED = range(24, 64, 8)
"""Short lists too, of what is looked at on the way down."""
LONG = 4096 + 64
"""How long the short lists among the registers may be: no power of two, so that they do not share the sets of a cache."""
(
    INSIDE, CLUSTER, FACT_LIST, FACT_USED, SEEDS, CHOICE, BASIS, GOING_ON, LOOK_OF, HASHES, TAKE, WEIGHTS, OWN, OWN_ENDS, REACHED,
    STAGE_PARTS, STAGE_FACTS, STAGE_COUNT, PATH, BEFORE, LISTS, DIFFERING, FACTS_BETWEEN, REGISTERS,
) = range(64, 64 + 24 * LONG, LONG)  # fmt: skip

ROW, LOOK, RENAME = range(3)
"""What can be asked for: all about a configuration of a component, how an object looks, or looks renamed."""
NO_LOCAL, UNKNOWN, PENDING = -1, -2, -9
"""What stands for no configuration at all, in `by_local` for what has not been asked yet, and as a value for what has been."""

WAYS_BITS = 6
"""Of a component so many answers are at hand, as a power of two, to whether it makes a difference to it what comes first."""
ROLE_BITS = 15
"""How many roles a short number of a key holds."""

ANY = 1 << 30
"""More than there is of anything."""

YES, NO = -1, -2
"""Where the jumps of a question end."""

AS_MET, LETS_GO = -1, -2
"""In the list of what spent objects hold from then on: what they hold when this is met first; and, for LETS_GO and less, what the
row says that is so many lower."""

# Why the loops stop: all is done, something is asked for, a table is nearly full, the network is too small, time to look up.
DONE, MISSING, FULL, TOO_SMALL, PAUSE = range(5)
EXPAND, TAKE_BRANCH, FOLLOW = range(3)
"""What they do next: expand a kept state, take the next of its vectors, follow a chain."""
