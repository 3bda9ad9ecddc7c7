"""The lines of a goroutine dump as text -> `Goroutine`s, and what the dump says of itself.

Theory of operation: no prefix, indentation or blank line is relied on. Each line is told by its own form (lines.py): the header
of a goroutine, a function with its arguments, a place in a file, "created by", an ancestor's header, a line of debug=1 or, behind
its rule, of `go tool pprof -traces`. A function is the last word of its line, so that whatever a logger put before it does not
matter; its arguments may be cut off, as a terminal's width or a log's longest line does. A goroutine ends where the next begins,
or at the blank line behind its outermost function. A stack without a header counts too, if each function is followed by its
place. Delve's goroutines have headers of their own, and its functions an address before them. Markdown eats the `#` of debug=1
and the `*` of a receiver, or makes `_` or `\\*` of the latter: they are put back.

Cost: some 1 us a line, 3 where each line has a prefix of its own. Memory: one goroutine, and CACHED distinct lines.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pcstate.golang.lines import (
    APART,
    ARGUMENT,
    AT_WORK,
    DELVE,
    DELVES_TOTAL,
    END_OF_RACE,
    GOLEAK,
    HALF_HEADER,
    HEADER,
    LEAKED,
    LONG,
    ORIGIN,
    SAMPLE,
    SPAN,
    SYSTEM_CALL,
    TAIL,
    TOTAL,
    function_of,
    kind_of,
    waiting,
    with_receiver,
)
from pcstate.golang.opened import Opened
from pcstate.model.stack import Goroutine

__all__ = ["Facts", "TextDump"]

CACHED = 50_000


@dataclass(slots=True)
class Facts:
    """What one dump of a text says of itself."""

    format: str = ""
    """`debug=1`, `debug=2` (so is runtime.Stack's), `pprof`, `traces`, `SIGQUIT` (so is what SIGABRT and others make Go print),
    `panic`, `goleak`, `Delve`, `stacks`; `""`: none."""
    truncated: bool = False
    """Whether it begins or ends within a goroutine, or has fewer than it says."""
    counted: bool = False
    """Whether it says how many goroutines there are, and has as many."""
    parents: bool = False
    """Whether it says which goroutine created another."""
    registers: bool = False
    """Whether it has the processor's, with which what a signal makes Go print ends."""
    leaked: bool = False
    """Whether it is a profile of the goroutines that Go takes for leaked, and of no other."""
    shallow: bool = False
    """Whether it shows the innermost functions alone, as Delve does unless it is told how many."""
    left_out: bool = False
    """Whether somebody has left some out, and put dots or a word there, or there are lines of some that cannot be read."""

    def looks_like(self, form: str) -> None:
        """Take that for its form, unless something above has said what it is."""
        self.format = self.format or form


@dataclass(slots=True)
class TextDump:
    """Reads dumps line by line: `goroutines` is the flow, the rest is known when that is done."""

    dumps: list[Facts] = field(default_factory=lambda: [Facts()])
    _open: Opened | None = None
    _pending: tuple[str, str] | None = None
    """A function outside of any goroutine: one begins if its place comes next."""
    _introduced: bool = False
    """Whether anything stands above the first goroutine."""
    _foreign: bool = False
    """Whether a profile of something else has begun, which has lines like those of debug=1."""
    _traces: bool = False
    """Whether the last rule was one of `pprof -traces`."""
    _race: bool = False
    """Whether a race detector's report has begun."""
    _nameless: bool = False
    """Whether the last call was of what has no package, as what is written in assembly."""
    _origin: bool = False
    """Whether the stacks of a goroutine's ancestors have begun, which are no goroutines, even if a blank line came between."""
    _threads: bool = False
    """Whether what each thread was at has begun, where goroutines that were there before come again."""
    _taker: bool = False
    """Whether the dump began with who took it, which is the only one that runs."""
    _form: str = ""
    """What a line behind a dump says of another one that may come."""
    _seen: set[str] = field(default_factory=set)
    _total: int = 0
    _count: int = 0
    _functions: dict[str, str] = field(default_factory=dict)
    _kinds: dict[str, tuple[str, str]] = field(default_factory=dict)

    def goroutines(self, lines: Iterable[str]) -> Iterator[Goroutine]:
        """The goroutines of all dumps in the text, in order."""
        line = ""
        for whole in lines:
            if whole == APART:
                yield from self._end(line)
                line = ""
                if self._count:
                    self._next()
                continue
            if len(whole) > LONG:
                self._facts.left_out |= "goroutine " in whole
                continue
            line = whole.rstrip(TAIL)
            if self._race:
                self._race = not (line.endswith(END_OF_RACE) or HEADER.search(line))
                if self._race:
                    continue
            if self._traces and (sample := SAMPLE.fullmatch(line)):
                yield from self._sample(sample)
                continue
            if line.endswith(")") and not ("created by" in line or "Goroutine " in line) and self._call(line, line.rfind("(")):
                continue
            if "oroutine" in line and (done := self._head(line)) is not None:
                yield from done
                continue
            kind, value = self._kind(line)
            if kind == "place":
                yield from self._place(value, " +0x" in line)
                if " fp=" in line and (span := SPAN.search(line)):
                    self._adjoin(span[1], span[2])
            elif kind == "cut":
                self._call(line + ")", int(value))
            elif kind != "rest":
                yield from self._other(kind, value)
        yield from self._end(line)

    def _end(self, line: str) -> Iterator[Goroutine]:
        """The text ends behind `line`, or what one process has written does."""
        half = HALF_HEADER.fullmatch(line) or (line.strip() and "goroutine".startswith(line.strip()))
        if (self._open and self._open.broken_off) or half:
            self._facts.truncated = True
        yield from self._finish()
        self._settle()

    @property
    def _facts(self) -> Facts:
        return self.dumps[-1]

    def _settle(self) -> None:
        """Whether the dump that ends here has as many goroutines as it says, and more than the scheduler's."""
        self._facts.counted = 0 < self._total <= self._count
        self._facts.truncated |= self._count < self._total or self._seen == {"0"}

    def _other(self, kind: str, value: str) -> Iterator[Goroutine]:
        """A line that is neither a function nor a place."""
        if kind != "blank":
            self._pending, self._introduced = None, True
            if self._open and kind != "created":
                self._open.owes = False  # this may have been it
        if kind == "created":
            self._created(value)
        elif kind == "symbol":
            yield from self._symbol(value)
        elif kind == "call":
            yield from self._numbered(value)
        elif kind in ("foreign", "race"):
            self._foreign, self._race = self._foreign or kind == "foreign", kind == "race"
            yield from self._finish()
        elif kind == "count" and not self._foreign:
            count, _, addresses = value.partition(" ")
            yield from self._begin(Opened("", "", None, int(count), listed=True, addresses=int(addresses)))
            self._facts.looks_like("debug=1")
        elif kind == "rule":
            self._traces = True
            self._facts.looks_like("traces")
            yield from self._finish()
        elif kind == "registers":
            self._facts.registers = True
            self._facts.truncated |= not (self._open or self._count)  # what they are the end of was cut off
        elif kind == "thread":
            self._threads = self._facts.registers
        elif kind == "left out" and (self._open or self._count):
            self._facts.left_out = True
            self._facts.shallow |= self._facts.format == "Delve"
        elif kind == "elided":
            self._elide()
        elif kind == "blank" and self._open and self._open.ended:
            yield from self._finish()
        elif kind == "signal" and not self._threads:
            self._form = value

    def _head(self, line: str) -> Iterator[Goroutine] | None:
        """What a line with "goroutine" in it ends, if it begins something; else None."""
        if found := HEADER.search(line):
            wait, minutes = waiting(found[3])
            opened = self._open
            if opened and opened.goleak and opened.number == found[1] and not opened.frames:
                opened.minutes = minutes
                return iter(())
            self._foreign = self._traces = False
            return self._begin(Opened(found[1], wait, minutes, leaked=LEAKED in found[3]))
        if found := GOLEAK.search(line):
            self._facts.format = "goleak"
            return self._begin(Opened(found[1], waiting(found[2])[0], None, goleak=True))
        if found := DELVE.search(line):
            shown = ("", "") if found[2] == "Go" else (with_receiver(found[4]), found[3])
            return self._begin(Opened(found[1], found[5] or "", None, shown=shown), "Delve")
        if self._facts.format == "Delve" and (found := DELVES_TOTAL.search(line)):
            self._total = int(found[1])
            return self._finish()
        if ORIGIN.search(line):
            self._origin = True
            self._descend("begun")
            return iter(())
        if found := TOTAL.search(line):
            self._foreign = self._traces = False
            return self._profile(int(found[2]), bool(found[1]))
        return None

    def _descend(self, how: str) -> None:
        if self._open:
            self._open.descent = how

    def _elide(self) -> None:
        if self._origin:
            self._descend("")
        if self._open:
            self._open.ends_at = ""

    def _adjoin(self, end: str, begin: str) -> None:
        """Each function begins where the one that it has called ends, or those between them were lost."""
        if self._open:
            self._facts.left_out |= self._open.ends_at not in ("", begin)
            self._open.ends_at = end

    def _profile(self, total: int, leaked: bool) -> Iterator[Goroutine]:
        yield from self._finish()
        if self._count:
            self._next()
        self._total, self._facts.format, self._facts.leaked = total, "debug=1", leaked

    def _next(self) -> None:
        self._settle()
        self.dumps.append(Facts())
        self._seen.clear()
        self._threads = self._taker = False
        self._count = self._total = 0

    def _divide(self, taker: str) -> None:
        """Another dump begins with the goroutine that has just begun, which takes it."""
        self._next()
        self._taker = True
        self._seen.add(taker)
        self._facts.looks_like("debug=2")

    def _begin(self, opened: Opened, form: str = "debug=2") -> Iterator[Goroutine]:
        if self._open and opened.headed and not self._open.headed:
            self._open.headless = self._facts.truncated = True  # others have headers: its own was cut off, and what was behind it
        yield from self._finish()
        if opened.number:
            taker = opened.wait == "running" and self._facts.format in ("", "debug=2")
            at_work = opened.wait in AT_WORK
            again = opened.number in self._seen and not (self._threads and at_work)
            crash = bool(self._form) and at_work and self._count > 0
            if again or crash or self._total:  # behind a profile, another form of it
                self._next()
            opened.takes = taker and self._taker
            if not self._count:
                self._taker = taker
                self._facts.looks_like(self._form)
            self._form = ""
            self._seen.add(opened.number)
            self._facts.looks_like(form)
        self._open, self._origin = opened, False

    def _finish(self) -> Iterator[Goroutine]:
        self._pending = None
        opened, self._open = self._open, None
        if opened and not opened.of_an_ancestor:
            self._facts.shallow |= opened.show()
            self._facts.left_out |= opened.torn
            self._count += opened.count
            yield opened.goroutine(len(self.dumps) - 1)

    def _call(self, line: str, cut: int) -> bool:
        """Whether what is behind the `(` at `cut` looks like arguments as the runtime prints them: then it is a function."""
        if line[cut + 1] not in ARGUMENT:
            return False
        name = self._functions.get(line[:cut])
        if name is None:
            name = function_of(line[:cut])
            if len(self._functions) > CACHED:
                self._functions.clear()
            self._functions[line[:cut]] = name
        self._nameless = not name
        if not name:
            return True
        opened = self._open
        if opened is None and self._origin:
            return True
        if opened is None or opened.listed or (not self._origin and (opened.created_by or opened.before(name))):
            self._pending = (name, line[cut + 1 : -1])
        elif self._origin:
            opened.descend(name)
        else:
            if opened.takes and not opened.frames and not SYSTEM_CALL.match(name):
                self._divide(opened.number)
            opened.call(name, line[cut + 1 : -1])
        return True

    def _place(self, value: str, sure: bool) -> Iterator[Goroutine]:
        """A place; `sure`: with an offset, as Go prints it behind a function, so that one which has none could not be read."""
        if self._pending:
            name, arguments = self._pending
            first = not (self._introduced or self._count or self._open or name.startswith("runtime."))
            self._facts.truncated |= first  # what was above it, its header at least, was cut off
            yield from self._begin(Opened("", "", None, headless=first))
            assert self._open
            self._open.call(name, arguments)
            self._open.place(value)
            self._facts.looks_like("stacks")
        elif (opened := self._open) is None:
            self._facts.truncated |= sure and not self._count  # its function was cut off, and what was above that
        elif self._origin:
            if opened.ancestors and " (" not in opened.ancestors[-1]:
                opened.ancestors[-1] += f" ({value})"
            opened.descent = "" if opened.descent == "ends" else opened.descent
        elif opened.created_by and not opened.created_at:
            opened.created_at = True
        elif opened.places and not opened.places[-1]:
            opened.place(value)
        elif not self._nameless:
            self._facts.left_out |= sure

    def _created(self, value: str) -> None:
        if self._origin:
            self._descend("ends")
        if self._open and not self._origin and not self._open.created_by:
            self._open.settle()
            self._open.created_by, _, parent = value.partition(" in goroutine ")
            self._open.parent = parent
            self._facts.parents |= bool(parent)

    def _symbol(self, value: str) -> Iterator[Goroutine]:
        name, _, place = value.partition("\t")
        if self._open is None and not self._foreign:
            self._facts.truncated = True
            self._facts.looks_like("debug=1")
            yield from self._begin(Opened("", "", None, listed=True, headless=True))
        if self._open and self._open.listed:
            self._open.frames.append(name)
            self._open.places.append(place)

    def _numbered(self, value: str) -> Iterator[Goroutine]:
        """A function of a stack of Delve's, behind its number; the innermost begins one if no header has."""
        number, _, name = value.partition(" ")
        if number == "0" and (self._open is None or self._open.shown is None or self._open.frames):
            yield from self._finish()
            if self._total:
                self._next()
            yield from self._begin(Opened("", "", None, shown=("", "")))
            self._facts.looks_like("Delve")
        if self._open and self._open.shown:
            self._open.call(name, "")

    def _sample(self, found: re.Match[str]) -> Iterator[Goroutine]:
        """A line of `pprof -traces`; without a count it goes on with the stack of the line before."""
        if found[1]:
            yield from self._begin(Opened("", "", None, int(found[1]), listed=True))
        if self._open and self._open.listed:
            self._open.frames.append(with_receiver(found[2]))
            self._open.places.append(found[3] or "")

    def _kind(self, line: str) -> tuple[str, str]:
        found = self._kinds.get(line)
        if found is None:
            if len(self._kinds) > CACHED:
                self._kinds.clear()
            found = self._kinds[line] = kind_of(line)
        return found
