"""Of a dump that breaks off somewhere that is said, and no more is told than what there is of it tells."""

import pytest

from pcstate.specs.library import Spec
from tests.explain.test_stacks import LEAK, LOOPS_14, PROFILE_17, diagnosed
from tests.golang.dumps import said

INCOMPLETE = {
    "addresses": "goroutine profile: total 3\n3 @ 0x4416ea 0x450c79\n#\t0x4416e9\n#\t0x450c78\n",
    "headers": "goroutine 1 [running]:\n\ngoroutine 2 [select]:\n",
    "cut": "goroutine 5 [IO wait]:\ninternal/poll.runtime_pollWait(0x7f28, 0x72)\n\t/usr/local/go/src/runtime/netp",
    "fewer than it says": "goroutine profile: total 9\n3 @ 0x4416ea\n#\t0x4c866c\tmain.main+0x3bc\t/home/me/main.go:7\n",
}


@pytest.mark.parametrize("text", INCOMPLETE.values(), ids=INCOMPLETE.keys())
def test_what_cannot_be_told_is_not_told(spec: Spec, text: str) -> None:
    found = diagnosed(spec, text)
    assert (False, "none") == (found.conclusive, found.verdict)
    assert found.missing


def test_a_dump_that_breaks_off_still_says_what_it_has(spec: Spec) -> None:
    found = diagnosed(spec, LOOPS_14 + "\ngoroutine 22 [IO wait]:\ninternal/poll.runtime_pollWait(0x7f28, 0x7")
    assert (("leak", (LEAK,)), True) == (said(found), found.conclusive)
    assert found.missing


def test_a_dump_that_ends_before_the_place_where_a_goroutine_was_created_is_broken_off(spec: Spec) -> None:
    whole = LOOPS_14.rstrip("\n")
    assert diagnosed(spec, whole).missing == ""
    assert "breaks off" in diagnosed(spec, whole.rpartition("\n")[0]).missing


ANCESTOR = "[originating from goroutine 7]:\nshop.fetch(...)\n\t/srv/shop/fetch.go:12 +0x35\n"
DESCENT = {
    "created": "created by shop.run\n\t/srv/shop/run.go:9 +0x35",
    "of main": "main.main(...)\n\t/srv/shop/main.go:9 +0x35",
    "a deep one": "...additional frames elided...",
}


@pytest.mark.parametrize("end", DESCENT.values(), ids=DESCENT.keys())
def test_a_dump_that_ends_within_the_stack_of_an_ancestor_is_broken_off(spec: Spec, end: str) -> None:
    """As GODEBUG=tracebackancestors gives it, behind a goroutine that is whole by itself: others may have come behind it."""
    whole = LOOPS_14 + ANCESTOR + end
    lines = whole.splitlines()
    ends = range(len(LOOPS_14.splitlines()) + 1, len(lines))
    assert ["breaks off" in diagnosed(spec, "\n".join(lines[:cut])).missing for cut in ends] == [True] * len(ends)
    assert "" == diagnosed(spec, whole).missing
    assert "" == diagnosed(spec, "\n".join(line for line in lines if ".go:" not in line)).missing


def test_a_profile_that_was_cut_is_broken_off_whatever_comes_behind_it(spec: Spec) -> None:
    cut = PROFILE_17.replace("total 854", "total 999")
    assert diagnosed(spec, cut).missing and diagnosed(spec, cut + "\n" + LOOPS_14).missing
