"""The flow of `pcstate explain`: a goroutine dump, in whatever form -> what its connections do, and what to change.

In: the spec and a stream of bytes. Out: a `Diagnosis` of the largest dump in it (of equal ones the last).
"""

from dataclasses import replace
from typing import BinaryIO

from pcstate.check.census import Census
from pcstate.check.diagnosis import groups
from pcstate.errors import GoError
from pcstate.golang.dump import Dump
from pcstate.golang.stacks import Facts
from pcstate.model.diagnosis import Diagnosis
from pcstate.specs.library import Spec

__all__ = ["explain"]

_FORMS = (
    "/debug/pprof/goroutine?debug=2 (or debug=1, or neither), go tool pprof -traces of it (-top has no stacks), runtime.Stack, "
    "a panic, SIGQUIT, a test's timeout, goleak, or Delve's goroutines -t"
)

BARE = "it has no functions, only goroutines or addresses: take /debug/pprof/goroutine?debug=2 of the running program"
CUT = "the dump breaks off: there may be more than this"
SHALLOW = "Delve shows ten functions of a stack, unless it is told how many: goroutines -t 50 shows what each goroutine is at"
ENDLESS = "what a signal makes Go print ends with the processor's registers, and this does not: there may be more than this"
LEAKED = (
    "a goroutineleak profile has only the goroutines that nothing can wake any more: /debug/pprof/goroutine has the others too"
)
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
    for goroutine in dump.goroutines():
        while goroutine.dump >= len(censuses):
            censuses[-1].end()
            censuses.append(Census(spec.knowledge))
        censuses[-1].add(goroutine)
    if not any(census.goroutines for census in censuses):
        raise GoError(f"no goroutine in this: is it a dump?\n  known: {_FORMS}")
    found = [_diagnosis(census, dump.facts(place), place + 1) for place, census in enumerate(censuses)]
    largest = max(range(len(found)), key=lambda n: (censuses[n].goroutines - censuses[n].bare, n))
    return replace(found[largest], beside=(*found[:largest], *found[largest + 1 :]))


def _diagnosis(census: Census, facts: Facts, number: int) -> Diagnosis:
    """What one dump of a file means."""
    if facts.parents:
        census.date("created by")
    if facts.format in ("panic", "SIGQUIT"):
        census.crashed()
    census.timed = census.timed and facts.format != "Delve"
    missing = _missing(census, facts)
    signal = facts.registers and facts.format in ("SIGQUIT", "panic")  # its end, and its beginning
    whole = not (missing or census.hidden or facts.left_out) and (facts.counted or census.running or signal)
    found, others = groups(census, whole, facts.truncated or facts.shallow, proved=facts.leaked)
    crowd = "" if any(group.holders for group in found) else census.crowd()
    return Diagnosis(census.go, facts.format, found, census.server, others, missing, whole, number, crowd=crowd)


def _missing(census: Census, facts: Facts) -> str:
    """What a dump lacks, in a sentence, if that shows."""
    if census.bare == census.goroutines:
        return BARE
    if facts.shallow:
        return SHALLOW
    if facts.truncated:
        return CUT
    if census.goroutines == 1 and (census.own or facts.format == "panic"):
        return ALONE
    if facts.leaked:
        return LEAKED
    return ENDLESS if facts.format == "SIGQUIT" and not facts.registers else ""
