"""The flow of `pcstate explain`: a goroutine dump, in whatever form -> what its connections do, and what to change.

In: the spec and a stream of bytes. Out: a `Diagnosis` of the largest dump in it (of equal ones the last).
"""

from typing import BinaryIO

from pcstate.check.census import Census
from pcstate.check.diagnosis import groups
from pcstate.errors import GoError
from pcstate.golang.dump import Dump
from pcstate.model.diagnosis import Diagnosis
from pcstate.specs.library import Spec

__all__ = ["explain"]

_FORMS = (
    "/debug/pprof/goroutine?debug=2 (or debug=1, or neither), go tool pprof -traces of it, runtime.Stack, a panic, SIGQUIT, "
    "a test's timeout, or goleak"
)

BARE = "it has no functions, only goroutines or addresses: take /debug/pprof/goroutine?debug=2 of the running program"
CUT = "the dump breaks off: there may be more than this"
ALONE = "a panic shows its own goroutine only: with GOTRACEBACK=all it shows the others too"


def explain(spec: Spec, stream: BinaryIO) -> Diagnosis:
    """What the goroutines of a dump wait for.

    Cost:  some 5 s for 100 MB. Memory: a few words for each connection, whatever the size of the dump.
    Raises: GoError if there is no goroutine in it, or it is a profile of something else.
    """
    dump = Dump(stream)
    best = census = Census(spec.knowledge)
    number = 0
    for goroutine in dump.goroutines():
        if goroutine.dump != number:
            best = _larger(best, census)
            number, census = goroutine.dump, Census(spec.knowledge)
        census.add(goroutine)
    best = _larger(best, census)
    if not best.goroutines:
        raise GoError(f"no goroutine in this: is it a dump?\n  known: {_FORMS}")
    if dump.parents:
        best.date("created by")
    alone = dump.format == "panic" and best.goroutines == 1
    whole = not (dump.truncated or best.hidden or alone) and (dump.counted or best.running or dump.format == "SIGQUIT")
    found, others = groups(best, whole)
    missing = BARE if best.bare == best.goroutines else CUT if dump.truncated else ALONE if alone else ""
    return Diagnosis(best.go, dump.format, found, best.server, others, missing, dump.dumps, whole)


def _larger(first: Census, second: Census) -> Census:
    return second if second.goroutines >= first.goroutines else first
