"""Whose request a connection is dialled for: the dump's numbers tell, or nothing does, and then none of them is named alone."""

from itertools import permutations
from pathlib import Path

import pytest

from pcstate.check.census import AWAITING, Census
from pcstate.golang.dump import Dump
from pcstate.model.diagnosis import Group
from pcstate.show.explanation import explain_json, explain_text
from pcstate.specs.library import Spec
from tests.explain.dumps import RUNNING, diagnosed
from tests.explain.test_explain import complaints

GO = "\t/usr/local/go/src/net/http/transport.go:1400 +0x1\n"
SHOWN = {name: f"shop.{name} (/srv/{name}.go:1)" for name in ("pay", "list", "find", "send")}
BEGINNERS = ("queueForDial", "startDialConnForLocked")


def caller(number: int, name: str, origin: str = "") -> str:
    """One that waits in getConn."""
    return (
        f"goroutine {number} [select, 3 minutes]:\nnet/http.(*Transport).getConn(0xc0000637c0)\n{GO}"
        f"shop.{name}(0xc1)\n\t/srv/{name}.go:1 +0x1\ncreated by shop.run in goroutine 1\n\t/srv/run.go:9 +0x1\n{origin}"
    )


def dial(number: int, by: str) -> str:
    """One that is in a TLS handshake."""
    return (
        f"goroutine {number} [select, 3 minutes]:\nnet/http.(*persistConn).addTLS(0xc2)\n{GO}"
        f"net/http.(*Transport).dialConn(0xc0)\n{GO}created by net/http.(*Transport).{by}\n{GO}"
    )


def listed(count: int, *functions: str) -> str:
    """Goroutines as debug=1 shows them."""
    symbols = "".join(f"#\t0x4{n}\t{name}+0x5\t/srv/{name.rpartition('.')[2]}.go:1\n" for n, name in enumerate(functions))
    return f"{count} @{' 0x43' * len(functions)}\n{symbols}"


def named(groups: tuple[Group, ...]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {group.state: (group.frames, group.candidates) for group in groups}


def shown(*names: str) -> tuple[str, ...]:
    return tuple(SHOWN[name] for name in names)


QUEUED = (caller(11, "find"), caller(12, "find"), caller(13, "find"))
"""What waits behind MaxConnsPerHost of another Transport."""


@pytest.mark.parametrize("by", BEGINNERS)
def test_a_dial_is_of_the_request_that_has_begun_it(spec: Spec, by: str) -> None:
    """Whatever else waits for a connection, and wherever in the dump it stands."""
    for order in permutations((*QUEUED[:2], caller(14, "pay"), dial(20, f"{by} in goroutine 14"))):
        found = diagnosed(spec, RUNNING, *order).groups
        assert {"dialing": (shown("pay"), ()), "queued": (shown("find"), ())} == named(found)
        assert {"dialing": (1, 2, "certain", 3), "queued": (2, 2, "likely", 3)} == {
            group.state: (group.connections, group.goroutines, group.confidence, group.minutes) for group in found
        }


def test_each_dial_has_its_own(spec: Spec) -> None:
    """Also where one of them is of a request that has gone: what that one's connection will be used for is not known."""
    dials = (dial(20, "queueForDial in goroutine 14"), dial(21, "queueForDial in goroutine 11"))
    found = diagnosed(spec, RUNNING, caller(14, "pay"), caller(11, "find"), caller(12, "list"), *dials).groups
    assert {"dialing": (shown("find", "pay"), ()), "queued": (shown("list"), ())} == {
        state: (tuple(sorted(frames)), candidates) for state, (frames, candidates) in named(found).items()
    }
    dials = (dial(20, "queueForDial in goroutine 14"), dial(21, "queueForDial in goroutine 99"))
    found = diagnosed(spec, RUNNING, caller(14, "pay"), caller(11, "find"), caller(12, "list"), *dials).groups
    either = shown("find", "list")
    assert {"dialing": (shown("pay"), either), "queued": ((), either)} == named(found)


@pytest.mark.parametrize("by", [f"{by} in goroutine 99" for by in BEGINNERS])
def test_a_dial_of_a_request_that_has_gone_is_not_anothers_for_sure(spec: Spec, by: str) -> None:
    (found,) = diagnosed(spec, RUNNING, caller(14, "pay"), dial(20, by)).groups
    assert ("dialing", (), shown("pay")) == (found.state, found.frames, found.candidates)


def test_who_has_begun_twice_waits_for_one(spec: Spec) -> None:
    """A request whose first dial goes on has been sent on another connection, and the goroutine has made one more."""
    dials = (dial(20, "queueForDial in goroutine 14"), dial(21, "queueForDial in goroutine 14"))
    (found,) = diagnosed(spec, RUNNING, caller(14, "pay"), *dials).groups
    assert ("dialing", 2, 3, shown("pay"), ()) == (
        found.state, found.connections, found.goroutines, found.frames, found.candidates,
    )  # fmt: skip


def test_what_has_begun_something_else_does_not_wait_for_a_dial(spec: Spec) -> None:
    """A place that has become free: whoever frees it begins the dial, for another (Go 1.22 and before)."""
    found = diagnosed(spec, RUNNING, caller(11, "find"), caller(14, "pay"), dial(20, "decConnsPerHost in goroutine 14")).groups
    either = ((), shown("find", "pay"))
    assert {"dialing": either, "queued": either} == named(found)


def test_numbers_of_ancestors_and_of_another_dump_are_not_its_own(spec: Spec) -> None:
    """GODEBUG=tracebackancestors puts the goroutine that has begun one behind it, and who has begun that."""
    origin = (
        f"[originating from goroutine 14]:\nnet/http.(*Transport).getConn(...)\n{GO}created by shop.run in goroutine 12\n{GO}"
    )
    of_dial = dial(20, "queueForDial in goroutine 14") + origin
    found = diagnosed(spec, RUNNING, *QUEUED, caller(14, "pay", origin.replace("14", "12")), of_dial).groups
    assert {"dialing": (shown("pay"), ()), "queued": (shown("find"), ())} == named(found)
    second = diagnosed(spec, RUNNING, caller(14, "pay"), RUNNING, *QUEUED, dial(20, "queueForDial in goroutine 14"))
    assert {"dialing": ((), shown("find")), "queued": (shown("find"), ())} == named(second.groups)
    assert {"queued": (shown("pay"), ())} == named(second.beside[0].groups)


@pytest.mark.parametrize("by", ["queueForDial", "dialConn"])
def test_without_numbers_no_one_of_several_is_named(spec: Spec, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Go 1.20 and before. All are shown, in each group that has some of them."""
    found = diagnosed(spec, RUNNING, *QUEUED, caller(14, "pay"), dial(20, by))
    either = ((), shown("find", "pay"))
    assert {"dialing": either, "queued": either} == named(found.groups)
    assert {"dialing": 1, "queued": 3} == {group.state: group.connections for group in found.groups}
    answer = explain_json(found)
    assert [list(shown("find", "pay"))] * 2 == [group["candidates"] for group in answer["groups"]]
    assert [] == complaints(answer)
    explain_text(found)
    text = capsys.readouterr().out
    assert 2 == text.count(
        f"  code? the dump does not tell which of these, if any:\n        {SHOWN['find']}\n        {SHOWN['pay']}"
    )
    assert "code:" not in text


def test_without_numbers_those_are_named_that_are_all_or_alike(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    dials = (dial(20, "queueForDial"), dial(21, "queueForDial"))
    for callers, expected in (
        ((caller(11, "find"), caller(14, "pay")), {"dialing": (shown("find", "pay"), ())}),
        (QUEUED, {"dialing": (shown("find"), ()), "queued": (shown("find"), ())}),
    ):
        found = diagnosed(spec, RUNNING, *callers, *dials)
        assert expected == named(found.groups)
        assert all("candidates" not in group for group in explain_json(found)["groups"])
        explain_text(found)
        assert "code?" not in capsys.readouterr().out


def test_a_profile_does_not_tell_whose_dial_it_is(spec: Spec) -> None:
    """debug=1 has no number but how many there are."""
    stacks = (
        listed(3, "net/http.(*Transport).getConn", "shop.find"),
        listed(1, "net/http.(*Transport).getConn", "shop.pay"),
        listed(1, "net/http.(*persistConn).addTLS", "net/http.(*Transport).dialConn"),
    )
    found = diagnosed(spec, "goroutine profile: total 5", *stacks).groups
    either = ((), shown("find", "pay"))
    assert {"dialing": either, "queued": either} == named(found)
    alone = diagnosed(spec, "goroutine profile: total 2", *stacks[1:]).groups
    assert {"dialing": (shown("pay"), ())} == named(alone)


def test_a_profile_does_not_tell_who_waits_for_which_connection(spec: Spec) -> None:
    """Of two round trips one is being written, and the other waits for its head."""
    loop = ("net/http.(*persistConn).readLoop",)
    found = diagnosed(
        spec,
        "goroutine profile: total 6",
        listed(2, "bufio.(*Reader).Peek", *loop),
        listed(1, "net.(*netFD).Write", "net/http.(*persistConn).writeLoop"),
        listed(1, "runtime.selectgo", "net/http.(*persistConn).writeLoop"),
        listed(1, "runtime.selectgo", "net/http.(*persistConn).roundTrip", "shop.list"),
        listed(1, "runtime.selectgo", "net/http.(*persistConn).roundTrip", "shop.send"),
    ).groups
    either = ((), shown("list", "send"))
    assert {"writing-request": either, "awaiting-headers": either} == named(found)


def test_those_are_named_that_are_all_in_one_group_though_of_several_kinds(spec: Spec) -> None:
    """Two kinds of dials, of which each takes one, are in one group: whose is which does not matter."""
    own = [
        listed(1, "net.(*sysDialer).dialSingle", f"shop.{name}", "net/http.(*Transport).dial", "net/http.(*Transport).dialConn")
        for name in ("send", "list")
    ]
    callers = [listed(1, "net/http.(*Transport).getConn", f"shop.{name}") for name in ("pay", "find")]
    (found,) = diagnosed(spec, "goroutine profile: total 4", *own, *callers).groups
    assert (2, set(SHOWN.values()), ()) == (found.connections, set(found.frames), found.candidates)


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((Path(__file__).parents[1] / "dumps").glob("dialing-*"))
        if b"in goroutine" in path.read_bytes()
    ],
    ids=lambda path: path.name,
)  # fmt: skip
def test_go_tells_who_has_begun_a_dial(spec: Spec, path: Path) -> None:
    census = Census(spec.knowledge)
    with path.open("rb") as stream:
        for goroutine in Dump(stream).goroutines():
            census.add(goroutine)
    kinds, loose = census.connections()
    assert any({AWAITING, "dial"} == dict(parts).keys() for parts in kinds)
    assert ("caller", "get-conn") not in {(role, seen.at) for role, seen in loose}
