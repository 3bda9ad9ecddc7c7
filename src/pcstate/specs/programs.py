"""A scenario -> what it asks of the network: a line of steps for each caller, and the server's and Transport's settings.

No behaviour of the protocol is decided here: a program's line only says which calls its goroutine makes next.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pcstate.model.lts import Configuration, Event, Lts, Value
from pcstate.model.scenario import METHODS, CallerProgram, Scenario, ServerScript, Step

__all__ = ["HASTY", "Demands", "FreeLine", "demands", "events_of"]

DRAIN_LIMIT = 262144
"""maxPostCloseReadBytes: bodies up to this long are drained after an early Close since Go 1.27."""
READ_BUFFER = 4096
"""pc.br's size: less than that of a body may still be read after the connection was closed."""

CLOSING = ("close", "spawn close", "cancel")
"""Steps that can close the connection of the request they belong to."""

MOST_CLOSERS = 8
"""Goroutines that close one body, as many as the network's outcome counts."""

SHORTEST = 50
"""Milliseconds in which a program, or a wait for rest, may still be at work: a timeout that is shorter might pass before."""
REST = 100
"""Milliseconds that a settle may take: half for a drain that is given up, half until it is clear that nothing moves."""
SLOWEST = 100_000
"""Bytes of a body that come in a millisecond, at least."""
KERNEL_BUFFERS = 1 << 20
"""Bytes that a server has written at once, though nobody reads them, on any machine; on some more are."""
CLEARLY, SLACK = 4, 5000
"""A timeout that is this many times as long as what comes before it, or longer by that many milliseconds, is never the first to
pass, on a slow machine either."""
HASTY = {"expire_later": "Timeout", "header_timeout_later": "ResponseHeaderTimeout", "idle_timeout_later": "IdleConnTimeout"}
"""By the vector that says of a timeout that its moment is not there yet, though it may be, which timeout that is."""
OTHER_CLOCKS = 150
"""Milliseconds that one request can spend on clocks that are not a program's: twice 50 in net/http, and a server's 50."""


@dataclass(frozen=True, slots=True)
class Demands:
    """A scenario in the network's terms. `unsupported` names what the spec has no chart for yet."""

    programs: tuple[Lts, ...]
    sets: Mapping[str, list[Value]]
    constants: Mapping[str, Value]
    ranks: int
    """How many places the pool has, in the list that ranks count in."""
    unsupported: tuple[str, ...]
    steps: tuple[tuple[tuple[tuple[Event, ...], ...], ...], ...] = ()
    """For each caller, request and step the events of the program's line, one after the other; none for a read of nothing."""


class FreeLine:
    """A program that is not known yet: a behaviour that takes any event at any place, and counts them. Whoever watches it says
    which comes next."""

    def configuration(self, local: int) -> Configuration:
        """After so many events."""
        return Configuration((f"step_{local}",))

    def step(self, local: int, event: Event) -> int:
        """One more."""
        return local + 1

    def may(self, local: int, name: str) -> bool:
        """It may."""
        return True

    def cites(self, local: int, event: Event) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def renamed(self, local: int, datum: str, value: Value) -> int:
        """It has no data."""
        return local


def demands(scenario: Scenario) -> Demands:
    """What `scenario` asks of the network. The requests of caller i are numbered from i * (most requests of any caller), hosts
    in the order of the scenario's numbers for them."""
    width = max(caller.requests for caller in scenario.callers)
    places = {host: place for place, host in enumerate(scenario.hosts)}
    steps = tuple(
        tuple(events_of(caller.each, i * width + k, places[caller.host(k)], scenario.server) for k in range(caller.requests))
        for i, caller in enumerate(scenario.callers)
    )
    lines = tuple(map(_line, steps))
    server, constants = scenario.server, _constants(scenario)
    sets: dict[str, list[Value]] = {
        "kinds": _kinds(server),
        "goals": ["all", "part", "exact"],
        "halves": ["first", "both", "first_tail", "both_tail"],
        "lefts": _lefts(steps),
        "evictions": [1] * (constants["max_idle_conns"] != 0),
        "methods": [*METHODS],
        "part_ends": ["usable", *["closech"] * _buffers_a_part(scenario)],
        "conn_ends": ["usable", *["closech"] * _buffers_the_end(scenario)],
        "idle_timeouts": [1] * _may_idle_out(scenario),
        "hasty_idle_timeouts": [1] * (constants["hasty_idle"] != 0),
    }
    ranks = int(constants["max_idle_conns"] or max(1, int(constants["max_idle_conns_per_host"])))
    return Demands(lines, sets, constants, ranks, tuple(_unsupported(scenario)), steps)


def _lefts(steps: Iterable[Iterable[Iterable[Sequence[Event]]]]) -> list[Value]:
    """How many bytes some read leaves behind it."""
    events = (event for requests in steps for request in requests for step in request for event in step)
    return sorted({0, *(int(dict(event.args)["l"]) for event in events if event.name == "read")})


def _line(requests: tuple[tuple[tuple[Event, ...], ...], ...]) -> Lts:
    events = [event for steps in requests for step in steps for event in step]
    configurations = tuple(Configuration((f"step_{n}",)) for n in range(len(events) + 1))
    return Lts(0, configurations, {(n, event): n + 1 for n, event in enumerate(events)})


def events_of(steps: Sequence[Step], number: int, host: int, server: ServerScript) -> tuple[tuple[Event, ...], ...]:
    """The events of each of the steps of one request, to the host of that number in the network."""
    events: list[tuple[Event, ...]] = []
    done = 0
    for step in steps:
        match step.verb:
            case "get" | "head" | "post":
                events.append((Event("do", (("r", number), ("h", host), ("m", step.verb))),))
            case "read" | "read-all" | "read-exact":
                event, done = _read(step, done, server)
                events.append((event,) if event else ())
            case "cancel":
                events.append((Event("cancel", (("r", number),)),))
            case "close":
                events.append((Event("close"),))
            case "settle":
                events.append((Event("settle"), Event("go_on")))
            case "spawn close":
                events.append((Event("spawn_close", (("r", number),)),))
            case "close-idle":
                events.append((Event("close_idle"),))
    return tuple(events)


def _read(step: Step, done: int, server: ServerScript) -> tuple[Event | None, int]:
    """A read in terms of where it ends: inside the body, with its last byte, or at io.EOF. None for one of no bytes, which
    does not ask the body for anything. And how many bytes have been asked for by then, of those that were announced."""
    size = _size(server)
    end = {"read": done + step.amount, "read-exact": max(server.bytes, done)}.get(step.verb, size + 1)
    if end == done:
        return None, done
    goal, half = "all", "first" if size - size // 2 <= DRAIN_LIMIT else "both"  # on its way it is where little is left
    if end < size:
        goal, half = "part", "first" if end <= size // 2 else "both"
    elif end == size and server.body == "chunked":
        goal, half = "exact", "both"  # the last chunk's mark may or may not be there already
    elif end == size and server.body == "until-close":
        goal, half = "part", "both"  # only the connection's end is the body's
    if size - end <= DRAIN_LIMIT:
        half += "_tail"
    event = Event("read", (("g", goal), ("f", half), ("l", max(0, size - end))))
    return event, server.bytes if step.verb == "read-all" else min(end, server.bytes)


def _size(server: ServerScript) -> int:
    """The length of a body. One that ends where the connection does is complete wherever that is."""
    if server.body == "none":
        return 0
    return server.bytes // 2 if _uncut(server) else server.bytes


def _uncut(server: ServerScript) -> bool:
    return server.behaviour == "truncate-body" and server.body == "until-close"


def _kind(server: ServerScript) -> str:
    if server.body == "none" or (server.body == "length" and server.bytes == 0):
        return "none"
    if _size(server) <= DRAIN_LIMIT:
        return "within"
    return "above" if server.body == "length" else "above_chunked"


def _kinds(server: ServerScript) -> list[Value]:
    """What a response's body can be: that of the server, none to a HEAD, and what is left of one whose first part was read."""
    kind = _kind(server)
    return list(dict.fromkeys((kind, "none", *["within"] * kind.startswith("above"))))


def _open_until(scenario: Scenario, steps: Sequence[Step]) -> int:
    """How many steps of a request come before its connection may be closed here: none where Client.Timeout can pass at any time,
    or where a write can fail that is no GET's."""
    if scenario.transport.get("Timeout", 0) > 0 or any(step.verb == "post" for step in steps):
        return 0
    return next((n for n, step in enumerate(steps) if step.verb in CLOSING), len(steps))


def _late_reads(scenario: Scenario) -> Iterator[tuple[int, int]]:
    """Of each read on a connection that may be closed here: how many bytes are left by then, and behind it."""
    for caller in scenario.callers:
        left, still_open = _size(scenario.server), _open_until(scenario, caller.each)
        for number, step in enumerate(caller.each):
            asked = {"read": step.amount, "read-exact": left, "read-all": left}.get(step.verb)
            if asked is not None:
                before, left = left, max(0, left - asked)
                if number >= still_open:
                    yield before, left


def _buffers_a_part(scenario: Scenario) -> bool:
    """Whether the buffer may hold all that some read asks for, on a connection that is closed here."""
    return any(0 < before - left < READ_BUFFER for before, left in _late_reads(scenario))


def _buffers_the_end(scenario: Scenario) -> bool:
    """Whether the buffer may hold all that is left of a body when its connection is closed here; where only the connection's end
    is the body's, it holds no end."""
    return scenario.server.body != "until-close" and any(before < READ_BUFFER for before, _ in _late_reads(scenario))


def _drains_half(scenario: Scenario) -> bool:
    """Whether a drain may come to where half a body ends."""
    read = max(sum(step.amount for step in caller.each if step.verb == "read") for caller in scenario.callers)
    return _size(scenario.server) // 2 - read <= DRAIN_LIMIT


def _constants(scenario: Scenario) -> dict[str, Value]:
    fields, server = scenario.transport, scenario.server
    per_host = fields.get("MaxIdleConnsPerHost", 0)
    return {
        "behaviour": "normal" if _uncut(server) else server.behaviour,
        "body": _kind(server),
        "keeps": int(server.connection == "keep-alive"),
        "keeps_with_body": int(server.connection == "keep-alive" and server.body != "until-close"),
        "max_idle_conns": max(-1, fields.get("MaxIdleConns", 0)),
        "max_idle_conns_per_host": per_host if per_host > 0 else 2,
        "disable_keep_alives": int(bool(fields.get("DisableKeepAlives")) or per_host < 0),
        "size": _size(server),
        "kernel_buffers": KERNEL_BUFFERS,
        "reads_parts": int(any(step.verb in ("read", "read-exact") for caller in scenario.callers for step in caller.each)),
        "drains_half": int(_drains_half(scenario)),
        "blocks": 1,
        "many": int(any([step.verb for step in caller.each].count("spawn close") > 1 for caller in scenario.callers)),
        "cut_stays": int(server.body == "chunked"),
        "one_write": 1,  # no step sends more than a head and a body of one byte
        "client_timeout": int(fields.get("Timeout", 0) > 0),
        "header_timeout": int(fields.get("ResponseHeaderTimeout", 0) > 0),
        "side_by_side": int(len(scenario.callers) > 1),
        "sooner": _sooner(scenario),
        "staggered": int(_staggered(scenario)),
        "before_client": int(_idles_out_first(scenario)),
        "own_clocks_first": int(_own_clocks_first(scenario)),
        "may_outlast": int(_may_outlast(scenario)),
        "hasty_client": int(0 < fields.get("Timeout", 0) < _work(scenario)),
        "hasty_header": int(0 < fields.get("ResponseHeaderTimeout", 0) < SHORTEST),
        "hasty_idle": _hasty_idle(scenario),
    }


def _sooner(scenario: Scenario) -> str:
    """Which of two timeouts passes first, whenever they begin; "" where that is not clear. Client.Timeout begins with Do, so
    that one that is shorter always does; ResponseHeaderTimeout begins once there is a connection, which with MaxConnsPerHost is
    when those of all other callers' requests before it have passed."""
    header, client = (scenario.transport.get(name, 0) for name in ("ResponseHeaderTimeout", "Timeout"))
    if min(header, client) <= 0:
        return ""
    if header >= _clearly(client):
        return "client"
    ahead = len(scenario.callers) if scenario.transport.get("MaxConnsPerHost", 0) > 0 else 1
    return "header" if client >= _clearly(_spent(scenario, ahead, header)) else ""


def _staggered(scenario: Scenario) -> bool:
    """Whether requests begin to wait at different times for one of two timeouts: a server that never answers makes both pass."""
    both = all(scenario.transport.get(name, 0) > 0 for name in ("ResponseHeaderTimeout", "Timeout"))
    return both and not _sooner(scenario) and scenario.server.behaviour == "stall-head"


def _may_idle_out(scenario: Scenario) -> bool:
    """Whether IdleConnTimeout may pass while somebody waits for Client.Timeout, and is not hasty: all requests but the one
    whose connection it is can, one by one. Who waits for ResponseHeaderTimeout has a server that answers nobody, so that there is
    no idle connection."""
    idle, client = (scenario.transport.get(name, 0) for name in ("IdleConnTimeout", "Timeout"))
    longest = _clearly(_spent(scenario, _requests(scenario) - 1, client))
    return bool(client > 0 and 0 < idle < longest and not _hasty_idle(scenario))


def _idles_out_first(scenario: Scenario) -> bool:
    """Whether it passes before Client.Timeout does, whichever of the two began first."""
    idle, client = (scenario.transport.get(name, 0) for name in ("IdleConnTimeout", "Timeout"))
    return _may_idle_out(scenario) and bool(client >= _clearly(idle))


def _hasty_idle(scenario: Scenario) -> int:
    """When IdleConnTimeout may pass before all is at rest: 1 where others wait for a clock that is over about then, 2 where they
    wait until all is quiet too, 3 at any moment; 0 never."""
    idle, client = (scenario.transport.get(name, 0) for name in ("IdleConnTimeout", "Timeout"))
    work = SHORTEST + _work(scenario)
    waits = REST * _settles(scenario)
    if _drains_one_by_one(scenario):
        waits += OTHER_CLOCKS * (_requests(scenario) - 1)
    if idle <= 0:
        return 0
    if idle < work:
        return 3
    if idle < work + waits:
        return 2
    return int(client > 0 and any(abs(idle - n * client) < work + _spent(scenario, n, 0) for n in range(1, _requests(scenario))))


def _own_clocks_first(scenario: Scenario) -> bool:
    """Whether other clocks than those of the program's timeouts are over before any of these, however many there are."""
    timeouts = [scenario.transport.get(name, 0) for name in ("IdleConnTimeout", "Timeout")]
    least = _clearly(_spent(scenario, _requests(scenario), 0))
    return all(timeout >= least for timeout in timeouts if timeout > 0)


def _may_outlast(scenario: Scenario) -> bool:
    """Whether a request's Client.Timeout may pass in the settles between it and a Read, though nobody waits for it any more."""
    longest = max(_settles_before_a_read(caller) for caller in scenario.callers)
    clocks = OTHER_CLOCKS * (_requests(scenario) if _drains_one_by_one(scenario) else 1)
    return bool(longest and 0 < scenario.transport.get("Timeout", 0) < _clearly(longest * REST + clocks))


def _settles_before_a_read(caller: CallerProgram) -> int:
    """How many settles there are behind the request and before the last Read of its body."""
    verbs = [step.verb for step in caller.each]
    begin = next(n for n, verb in enumerate(verbs) if verb in METHODS)
    end = max((n for n, verb in enumerate(verbs) if verb.startswith("read")), default=begin)
    return verbs[begin:end].count("settle")


def _spent(scenario: Scenario, requests: int, timeout: float) -> float:
    """Milliseconds that some of the requests can spend, one by one, on a timeout each and on other clocks."""
    return requests * (timeout + OTHER_CLOCKS) + REST * _settles(scenario)


def _clearly(time: float) -> float:
    return min(CLEARLY * time, time + SLACK)


def _settles(scenario: Scenario) -> int:
    return sum(caller.requests * [step.verb for step in caller.each].count("settle") for caller in scenario.callers)


def _requests(scenario: Scenario) -> int:
    return sum(caller.requests for caller in scenario.callers)


def _sent(scenario: Scenario) -> int:
    """Bytes of the longest body that is sent; to HEAD none is."""
    verbs = {step.verb for caller in scenario.callers for step in caller.each}
    return _size(scenario.server) if verbs & {"get", "post"} else 0


def _work(scenario: Scenario) -> int:
    """Milliseconds that all the work may take."""
    return SHORTEST + _requests(scenario) * (_sent(scenario) // SLOWEST)


def _drains_one_by_one(scenario: Scenario) -> bool:
    """Whether requests may wait for a place until the drain of the body before them is given up."""
    verbs = {step.verb for caller in scenario.callers for step in caller.each}
    places = scenario.transport.get("MaxConnsPerHost", 0) > 0
    return places and scenario.server.behaviour == "stall-body" and not verbs.isdisjoint(("close", "spawn close"))


def _unsupported(scenario: Scenario) -> list[str]:
    many = any([step.verb for step in caller.each].count("spawn close") > MOST_CLOSERS for caller in scenario.callers)
    return [f"step 'spawn close' more than {MOST_CLOSERS} times in one request"] * many
