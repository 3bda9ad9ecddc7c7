"""The flow of `pcstate explain`: a goroutine dump, in whatever form -> what its connections do, and what to change.

In: the spec and a stream of bytes. Out: a `Diagnosis` of the largest dump in it (of equal ones the last).
"""

from dataclasses import replace
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
ALONE = (
    "this is one goroutine's own stack, as of a panic or debug.Stack: GOTRACEBACK=all, or /debug/pprof/goroutine?debug=2, "
    "shows the others too"
)


def explain(spec: Spec, stream: BinaryIO) -> Diagnosis:
    """What the goroutines of a dump wait for; of several dumps the largest is spoken of, and what the others say is beside it.

    Cost:  some 5 s for 100 MB. Memory: a few words for each connection, whatever the size of the dump.
    Raises: GoError if there is no goroutine in it, or it is a profile of something else.
    """
    dump = Dump(stream)
    censuses = [Census(spec.knowledge)]
    number = 0
    for goroutine in dump.goroutines():
        if goroutine.dump != number:
            number = goroutine.dump
            censuses[-1].end()
            censuses.append(Census(spec.knowledge))
        censuses[-1].add(goroutine)
    if not any(census.goroutines for census in censuses):
        raise GoError(f"no goroutine in this: is it a dump?\n  known: {_FORMS}")
    found = [_diagnosis(census, dump, place) for place, census in enumerate(censuses, 1)]
    largest = max(range(len(found)), key=lambda n: (censuses[n].goroutines, n))
    return replace(found[largest], beside=(*found[:largest], *found[largest + 1 :]))


def _diagnosis(census: Census, dump: Dump, number: int) -> Diagnosis:
    """What one dump of a file means."""
    if dump.parents:
        census.date("created by")
    alone = census.goroutines == 1 and (census.own or dump.format == "panic")
    whole = not (dump.truncated or census.hidden or alone) and (dump.counted or census.running or dump.format == "SIGQUIT")
    found, others = groups(census, whole)
    missing = BARE if census.bare == census.goroutines else CUT if dump.truncated else ALONE if alone else ""
    return Diagnosis(census.go, dump.format, found, census.server, others, missing, whole, number)
