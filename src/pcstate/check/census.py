"""Goroutines, one after the other -> who stands where, put together into connections where the dump has pointers.

In: `Goroutine`s and `Knowledge`. Out: a `Census`: kinds of connection, each with how many there are, and the goroutines that
cannot be told from each other.
Cost: a look into a dictionary for each goroutine, and a reading for each distinct stack. Memory: a few words for each
connection, and READ distinct stacks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pcstate.model.diagnosis import Knowledge
from pcstate.model.stack import Goroutine, Stack

__all__ = ["AWAITING", "WRITES", "Census", "Seen", "Tally"]

AWAITING = "awaiting"
"""Of a dial the caller that has begun it and waits for it."""
READ = 20_000
CROWD = 10
"""So many goroutines at one place are worth a word, whatever they wait for."""
FRAMES = 8
"""User's functions of a goroutine that are kept."""
_RUNNING = ("running", "idle")
"""Wait reasons of a goroutine that does not wait, and of the scheduler's own, with which a SIGQUIT begins."""
_OWN = frozenset(("panic", "runtime/debug.Stack"))
WRITES = (
    "in-own-conn",
    "writing",
    "reading-request-body",
    "relaying-response",
    "relaying-request",
    "await-continue",
    "telling",
    "busy",
)
"""Where a writeLoop can be that is not idle, but for a hook."""
_LIBRARYS = ("read-loop", "h2")
"""Roles whose goroutine runs no code of the user's but what net/http calls."""
_COPY = re.compile(r"\.\(\*(?:persistConn|bodyEOFSignal)\)")
_RELEVANT = re.compile(
    r"http|persistConn|Transport|bodyEOFSignal|\bio\.\w|\bbufio\.|\b(?:encoding|compress)/|\.Read\b|\.handshakeContext\b"
)
_WRAPPER = re.compile(r"\.gowrap\d+$")
"""A function that the compiler makes around what a go statement calls."""
_POINTER = re.compile(r"0x[0-9a-f]{4,}")
_RELEASE = re.compile(
    r"(?:[/\\@-]go-?|[/\\](?:go|golang)[/\\-]|[/\\]go@[\d.]+[/\\]|goenv[/\\]versions[/\\])(1\.\d+(?:\.\d+)?)"
    r"(?:(?:rc|beta)\d+)?(?=[./\\-])"
)


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A goroutine of a connection: the point it is at, and whether its wait reason told so."""

    at: str
    sure: bool = True
    frames: tuple[str, ...] = ()
    weight: int = 1
    """0 for one that has another part too, and is counted there."""
    named: bool = False
    """Whether the dump says which connection it belongs to, or for whom it was begun."""
    old: bool = False
    """Whether it is a readLoop that has waited for a minute or more."""
    leaked: bool = False
    """Whether Go says that nothing can wake it any more."""
    candidates: tuple[str, ...] = ()
    """Instead of `frames`, where it is one of several and the dump does not tell which: those of all."""


@dataclass(slots=True)
class Tally:
    """How many, and the longest that one of them has waited, in minutes."""

    count: int = 0
    minutes: int | None = None

    def add(self, count: int, minutes: int | None) -> None:
        self.count += count
        if minutes is not None:
            self.minutes = max(minutes, self.minutes or 0)


Parts = tuple[tuple[str, Seen], ...]
"""What is known of one connection: for a role, or AWAITING, the goroutine that plays it, sorted."""


@dataclass(frozen=True, slots=True)
class _Part:
    role: str
    at: str
    sure: bool
    conn: int
    """Which frame has the connection as its first argument; -1: none."""
    frames: tuple[str, ...]
    """The user's own functions, of the first goroutine that stood so."""
    begins: bool
    """Whether it waits for a dial that it has begun."""
    begun: bool
    """Whether it is such a dial."""


@dataclass(slots=True)
class Census:
    """What has been counted so far."""

    knowledge: Knowledge
    goroutines: int = 0
    server: int = 0
    bare: int = 0
    """Goroutines without a single function."""
    hidden: int = 0
    """Goroutines of net/http of which it is only said who created them: they were running on another thread."""
    running: bool = False
    """Whether one of them runs: that which took the dump, or the one that a signal met. Part of a dump seldom has it."""
    own: bool = False
    """Whether a goroutine shows its own stack: it has panicked, called debug.Stack, or runs and is not main's."""
    timed: bool = False
    """Whether the dump says of a goroutine for how long it has waited, if that is a minute or more."""
    loose: dict[tuple[str, Seen], Tally] = field(default_factory=dict)
    """Goroutines that no pointer ties to a connection, by role."""
    program: dict[tuple[str, int], int] = field(default_factory=dict)
    """Goroutines that may have a response in hand: in which function of the program's, and the minutes that they have waited."""
    acting: dict[tuple[str, int], int] = field(default_factory=dict)
    """Such ones that run: who takes a dump does, and has no response in hand; who crashes, or is met by a signal, may."""
    bystanders: dict[str, int] = field(default_factory=dict)
    """Those of them that are neither a server's nor part of a connection: in which function of the program's."""
    release: str = ""
    since: str = ""
    until: str = ""
    _conns: dict[str, list[tuple[str, Seen, int | None]]] = field(default_factory=dict)
    _awaiting: dict[str, tuple[str, Seen, int | None]] = field(default_factory=dict)
    """Who waits for a dial that it has begun, by its number."""
    _begun: list[tuple[str, str, Seen, int | None]] = field(default_factory=list)
    """Such dials, each behind the number of who has begun it."""
    _meanings: dict[Stack, tuple[_Part, ...]] = field(default_factory=dict)
    _functions: dict[str, bool] = field(default_factory=dict)

    def add(self, goroutine: Goroutine) -> None:
        """Count one more goroutine, or several that are alike."""
        self.goroutines += goroutine.count
        if not goroutine.stack.frames:
            self.bare += goroutine.count
            self.hidden += goroutine.count if _RELEVANT.search(goroutine.stack.created_by) else 0
        self.running = self.running or (goroutine.stack.wait in _RUNNING and bool(goroutine.stack.frames))
        self.timed = self.timed or bool(goroutine.stack.wait)
        parts = self._meanings.get(goroutine.stack)
        if parts is None:
            if len(self._meanings) > READ:
                self._meanings.clear()
            parts = self._meanings[goroutine.stack] = self._read(goroutine)
        ancestors = tuple(frame for frame in goroutine.ancestors if not is_library(frame, self.knowledge)) if parts else ()
        for number, part in enumerate(parts):
            if part.role == "server":
                self.server += goroutine.count if number == 0 else 0
                continue
            if part.role == "program":
                where = (part.frames[0] if part.frames else _sender(goroutine, part.conn), goroutine.minutes or 0)
                acts = goroutine.stack.wait == "running"
                found = self.acting if acts else self.program
                found[where] = found.get(where, 0) + goroutine.count
                if len(parts) == 1 and not acts:
                    self.bystanders[where[0]] = self.bystanders.get(where[0], 0) + goroutine.count
                continue
            frames = part.frames + ancestors
            pointer = _pointer(goroutine.arguments, part.conn)
            old = part.role == "read-loop" and goroutine.minutes is not None
            begun = part.begun and bool(goroutine.parent)
            seen = Seen(
                part.at, part.sure, frames[:FRAMES], 1 if number == 0 else 0, bool(pointer) or begun, old, goroutine.leaked
            )
            if pointer and goroutine.count == 1:
                self._conns.setdefault(pointer, []).append((part.role, seen, goroutine.minutes))
            elif begun:
                self._begun.append((goroutine.parent, part.role, seen, goroutine.minutes))
            elif part.begins and goroutine.number and goroutine.number not in self._awaiting:
                self._awaiting[goroutine.number] = (part.role, seen, goroutine.minutes)
            else:
                self.loose.setdefault((part.role, seen), Tally()).add(goroutine.count, goroutine.minutes)

    def crashed(self) -> None:
        """Said of a dump that nobody of the program has taken."""
        for where, count in self.acting.items():
            self.program[where] = self.program.get(where, 0) + count

    def end(self) -> None:
        """Said when no goroutine is to come: what was remembered of stacks and functions is given up."""
        self._meanings.clear()
        self._functions.clear()

    def connections(self) -> tuple[dict[Parts, Tally], dict[tuple[str, Seen], Tally]]:
        """The connections that pointers tell of, or the number of who has begun a dial, alike ones together, and all goroutines
        that belong to none of them: those that share no pointer with a readLoop, nor with another part of a connection. A
        connection waits for as long as whoever waits for it does: its caller, or a writeLoop that is not idle, or else its
        readLoop; and a dial for as long as it does itself."""
        kinds: dict[Parts, Tally] = {}
        loose = {key: Tally(found.count, found.minutes) for key, found in self.loose.items()}
        for found in self._conns.values():
            parts: dict[str, Seen] = {}
            clocks: dict[int, int | None] = {}
            roles = {role for role, _, _ in found}
            tied = "read-loop" in roles or len(roles) > 1
            for role, seen, waited in found:
                if role in parts or not tied:
                    loose.setdefault((role, seen), Tally()).add(1, waited)
                    continue
                parts[role] = seen
                clocks[0 if role == "caller" else 1 if seen.at in WRITES else 2] = waited
            if parts:
                kinds.setdefault(tuple(sorted(parts.items())), Tally()).add(1, clocks[min(clocks)])
        awaiting = dict(self._awaiting)
        for parent, role, seen, waited in self._begun:
            if parent in awaiting:
                caller = awaiting.pop(parent)[1]
                kinds.setdefault(((AWAITING, caller), (role, seen)), Tally()).add(1, waited)
            else:
                loose.setdefault((role, seen), Tally()).add(1, waited)
        for role, seen, waited in awaiting.values():
            loose.setdefault((role, seen), Tally()).add(1, waited)
        return kinds, loose

    def holders(self, minutes: int | None) -> dict[str, int]:
        """Who of the program may have a body in hand, by where they stand, those first where most do.

        `minutes`: how long the connections have waited; who has waited for longer was at it before there was a body.
        """
        found: dict[str, int] = {}
        for (frame, waited), count in self.program.items():
            if waited <= (minutes or 0):
                found[frame] = found.get(frame, 0) + count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def crowd(self) -> str:
        """Where most of the bystanders stand, `5000 at main.work (work.go:12)`; `""` where no CROWD stands at one place."""
        frame, count = max(self.bystanders.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        return f"{count} at {frame}" if count >= CROWD else ""

    @property
    def go(self) -> str:
        """The release that made the dump, as far as paths and functions tell: `1.21.3`, `1.13 to 1.22`, `1.23 or later`, `""`."""
        if self.release:
            return self.release
        if self.since and self.until:
            if _order(self.since) > _order(self.until):
                return ""  # no Go has both
            return self.since if self.since == self.until else f"{self.since} to {self.until}"
        return f"{self.since} or later" if self.since else f"{self.until} or earlier" if self.until else ""

    def _read(self, goroutine: Goroutine) -> tuple[_Part, ...]:
        """What a stack means; called once for each, as long as it is remembered."""
        stack = goroutine.stack
        whole = "\n".join((*stack.frames, stack.created_by))
        self.own = self.own or not _OWN.isdisjoint(stack.frames) or (stack.wait == "running" and bool(stack.created_by))
        if not self.release:
            self.release = _release(
                place for name, place in zip(stack.frames, goroutine.places, strict=False) if is_library(name, self.knowledge)
            )
        functions = tuple(map(plain, stack.frames))
        own, points = self._own(goroutine), self.knowledge.points
        if _RELEVANT.search(whole):
            points = tuple(point for point in points if own or not point.own)
            for name in (*functions, plain(stack.created_by)):
                self.date(name)
        else:
            points = tuple(point for point in points if own and point.own)
        depth = next((n for n, name in enumerate(functions) if not name.startswith("runtime.")), 0)
        wait = stack.wait or self._wait(functions)
        maker = plain(stack.created_by)
        others = {role for role, makes in self.knowledge.made_by.items() if maker and not makes.fullmatch(maker)}
        awaited = any(point.begins.fullmatch(maker) for point in self.knowledge.points if point.begins)
        callers = self._callers(stack.frames)
        copied = any(_COPY.search(name) and not is_library(name, self.knowledge) for name in stack.frames)
        parts: dict[str, _Part] = {}
        for point in points:
            if point.role in parts or point.role in others or (point.waits and wait not in point.waits):
                continue
            if point.leaf and (stack.headless or not point.leaf.fullmatch(functions[depth] if functions else "")):
                continue
            if not _in_order(point.frames, functions) or any(each.fullmatch(f) for each in point.without for f in functions):
                continue
            if point.calls and not any(point.calls.fullmatch(name) for name in callers):
                continue
            conn = max((n for n, name in enumerate(functions) if point.conn and point.conn.fullmatch(name)), default=-1)
            frames = (own or self._beginner(goroutine)) if point.calls or point.role not in _LIBRARYS else ()
            sure = bool(wait) and not point.vague and not copied
            parts[point.role] = _Part(
                point.role, point.name, sure, conn, frames, bool(point.begins), awaited and point.role == "dial"
            )
        return tuple(parts.values())

    def _callers(self, frames: tuple[str, ...]) -> tuple[str, ...]:
        """The functions of Go's own that have called one of the program's, whether through reflection or not."""
        kept = [name for name in frames if not name.startswith("reflect.")]
        own = [not is_library(name, self.knowledge) for name in kept]
        return tuple(plain(kept[n]) for n in range(1, len(kept)) if own[n - 1] and not own[n])

    def _wait(self, functions: tuple[str, ...]) -> str:
        for name in functions[:6]:
            for pattern, wait in self.knowledge.waits:
                if pattern.fullmatch(name):
                    return wait
        return ""

    def date(self, function: str) -> None:
        """Narrow the releases that can have made this dump by one function that is in it."""
        if function in self._functions:
            return
        self._functions[function] = True
        for sign in self.knowledge.signs:
            if sign.function.fullmatch(function):
                self.since = max(self.since, sign.since, key=_order)
                self.until = min(filter(None, (self.until, sign.until)), key=_order, default="")

    def _own(self, goroutine: Goroutine) -> tuple[str, ...]:
        """The program's own functions of a goroutine."""
        frames = goroutine.stack.frames
        places = goroutine.places or ("",) * len(frames)
        copies = {_package(name) for name in frames if _COPY.search(name)}
        found = [
            f"{name} ({place})" if place else name
            for name, place in zip(frames, places, strict=False)
            if not (is_library(name, self.knowledge) or _package(name) in copies or _WRAPPER.search(name))
        ]
        return tuple(found[:FRAMES])

    def _beginner(self, goroutine: Goroutine) -> tuple[str, ...]:
        """The function of the program's own that began a goroutine which has none."""
        began = goroutine.stack.created_by
        copies = {_package(name) for name in goroutine.stack.frames if _COPY.search(name)}
        own = began and not is_library(began, self.knowledge) and _package(began) not in copies
        return (f"{began} (began the goroutine)",) if own else ()


def plain(function: str) -> str:
    """A function's name without the `(*` and `)` of its receiver.

    >>> plain("net/http.(*persistConn).readLoop")
    'net/http.persistConn.readLoop'
    """
    return function.replace("(*", "").replace(")", "")


def is_library(function: str, knowledge: Knowledge) -> bool:
    """Whether a function is Go's own, or of golang.org/x, vendored or not.

    Only the import path counts: `example.com/vendor/golang.org/x/net/http2.(*Framer).ReadFrame` is.
    """
    path = re.split(r"[(\[]", function, maxsplit=1)[0].rpartition("/vendor/")[2]
    head = path.partition("/")[0] if "/" in path else path.partition(".")[0]
    return head in knowledge.library or head == "golang.org"


def _sender(goroutine: Goroutine, sender: int) -> str:
    return f"{goroutine.stack.frames[sender]} (sends a request whose body it may be)"


def _package(function: str) -> str:
    """The import path of a function.

    >>> _package("github.com/imroc/req/v3.(*persistConn).readLoop")
    'github.com/imroc/req/v3'
    """
    folder, slash, name = re.split(r"[(\[]", function, maxsplit=1)[0].rpartition("/")
    return folder + slash + name.partition(".")[0]


def _in_order(patterns: Iterable[re.Pattern[str]], functions: tuple[str, ...]) -> bool:
    rest = iter(functions)
    return all(any(pattern.fullmatch(name) for name in rest) for pattern in patterns)


def _pointer(arguments: tuple[str, ...], index: int) -> str:
    """The first argument of a frame, if it is a pointer."""
    if not 0 <= index < len(arguments):
        return ""
    found = _POINTER.match(arguments[index])
    return found[0] if found else ""


def _release(places: Iterable[str]) -> str:
    for place in places:
        if found := _RELEASE.search(place):
            return found[1]
    return ""


def _order(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split("."))) if release else ()
