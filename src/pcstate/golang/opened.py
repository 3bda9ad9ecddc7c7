"""A goroutine that is being read: what has been read of it, and whether all of it can have been."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from pcstate.golang.lines import PARKED
from pcstate.model.stack import Goroutine, Stack

__all__ = ["Opened"]

_ROOTS = ("main.main", "main.init", "runtime.", "testing.tRunner", "_cgoexp_")
"""How the outermost function begins, where "created by" is not said."""
_INIT = re.compile(r".*\.init(?:\.\d+)?")
"""It too, where a package is being initialised."""
_LOOPS = (".(*persistConn).readLoop", ".(*persistConn).writeLoop")
"""How a function ends that has none of the program's, or of a library's, outside of it."""
_HIDDEN = 8
"""The most functions of a stack that debug=1 does not show: the runtime's innermost ones, and goexit."""
_FILE = re.compile(r"(?:^|/src/)(net/http|net|bufio|io|crypto/tls|internal/poll)/\w+\.go:")
"""A file of one of the packages whose functions tell what a connection does."""


@dataclass(slots=True)
class Opened:
    """A goroutine that is being read."""

    number: str
    wait: str
    minutes: int | None
    count: int = 1
    leaked: bool = False
    """Whether Go has written `(leaked)` behind its wait reason."""
    frames: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    ancestors: list[str] = field(default_factory=list)
    created_by: str = ""
    parent: str = ""
    """The number of the goroutine that created it."""
    created_at: bool = False
    """Whether the place where it was created has been read."""
    takes: bool = False
    """Whether it runs, and is not the first that does: it takes a dump of its own, unless it comes from the system."""
    goleak: bool = False
    shown: tuple[str, str] | None = None
    """Of a goroutine that Delve lists: a function of it and its place, shown whether its stack is or not; `""`: none."""
    listed: bool = False
    """Whether it comes from a debug=1 profile."""
    headless: bool = False
    """Whether the text begins within it."""
    descent: str = ""
    """Of the ancestor that is being read: `begun`, `ends` (its outermost function was read), `""` (so was that one's place)."""
    owes: bool = False
    """Whether its last function's place is still to come."""
    unplaced: bool = False
    """Whether the place of a function before that has never come."""
    ends_at: str = ""
    """Where on the stack its last function has come to an end, as what a signal makes Go print tells."""
    addresses: int = 0
    """How many functions debug=1 says that it has, those counted once that were compiled into another."""

    @property
    def headed(self) -> bool:
        """Whether it began with a header, so that it ends with the next."""
        return bool(self.number) or self.listed

    @property
    def whole(self) -> bool:
        """Whether its outermost function seems to have been read."""
        return bool(self.created_by) or (bool(self.frames) and _is_root(self.frames[-1]))

    @property
    def ended(self) -> bool:
        """Whether nothing of it can come behind a blank line. Without a header, the next one's is still to be seen."""
        if self.headed:
            return bool(self.created_by) and (self.created_at or not any(self.places))
        return self.whole and not self.created_by

    @property
    def broken_off(self) -> bool:
        """Whether more of it must have come, if nothing came behind it."""
        if self.listed:
            return bool(self.frames) and self.addresses - len(self.frames) > _HIDDEN
        lacks = not self.created_at if self.created_by else not (self.places and self.places[-1])
        return not self.whole or self.descent == "begun" or (any(self.places) and (lacks or bool(self.descent)))

    @property
    def of_an_ancestor(self) -> bool:
        """Whether these are the functions of an ancestor, whose heading was cut off: it has the arguments of none of them."""
        return self.headless and not self.listed and bool(self.arguments) and set(self.arguments) == {"..."}

    @property
    def torn(self) -> bool:
        """Whether lines within it were lost, or it begins as one goroutine and ends as another, as where those between were: it
        polls and waits for something else, or does not and waits for that; main's was created by somebody; a function stands in
        a file of another package."""
        innermost = next((name for name in self.frames if not name.startswith("runtime.")), "")
        polls = innermost.endswith(".runtime_pollWait")
        other = bool(PARKED.match(self.wait)) if polls else bool(innermost) and self.wait == "IO wait"
        other |= bool(self.created_by) and "main.main" in self.frames
        lacks = self.unplaced or self.owes or (bool(self.number) and not self.whole) or bool(self.created_by) > self.created_at
        return other or (any(self.places) and lacks) or any(map(_misplaced, self.frames, self.places))

    def call(self, function: str, arguments: str) -> None:
        """Read one more function, that which has called the one before."""
        self.settle()
        self.owes = True
        self.frames.append(function)
        self.arguments.append(arguments)
        self.places.append("")

    def show(self) -> bool:
        """Told that no function comes any more: whether there is but the one that Delve shows of it."""
        if not self.shown or self.frames:
            return False
        function, place = self.shown
        if function:
            self.call(function, "")
            self.place(place)
        return True

    def descend(self, function: str) -> None:
        """Read one more function of an ancestor."""
        self.ancestors.append(function)
        self.descent = "ends" if _is_root(function) else self.descent

    def settle(self) -> None:
        """Told that no place comes any more of what has been read."""
        self.unplaced, self.owes = self.unplaced or self.owes, False

    def place(self, value: str) -> None:
        """Read where its last function stands."""
        self.places[-1], self.owes = value, False

    def before(self, function: str) -> bool:
        """Whether its outermost function has been read, so that `function` is another one's."""
        if not (self.frames and self.frames[-1].endswith(_LOOPS)):
            return False
        return not (function.startswith("runtime.") or ".dialConn." in function)

    def goroutine(self, dump: int) -> Goroutine:
        stack = Stack(tuple(self.frames), self.wait, self.created_by, self.headless)
        texts = (tuple(self.arguments), tuple(self.places), tuple(self.ancestors))
        return Goroutine(stack, *texts, self.minutes, self.count, dump, self.number, self.parent, self.leaked)


def _is_root(function: str) -> bool:
    return function.startswith(_ROOTS) or bool(_INIT.fullmatch(function))


@lru_cache(4096)
def _misplaced(function: str, place: str) -> bool:
    """Whether a function stands in a file of a package that is not its own."""
    found = _FILE.search(place)
    return found is not None and not function.startswith(f"{found[1]}.")
