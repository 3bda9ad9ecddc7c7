"""Spec texts and their places: what every loader here uses to read a file and to say what is wrong with it.

A `Source` is a text with a name; a `Reader` collects mistakes about it, so that a file's mistakes come all at once.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from importlib import resources
from itertools import takewhile
from pathlib import Path
from typing import Any

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.formula import Written

__all__ = ["Reader", "Source", "known", "read_source", "spec_root"]


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and the path that messages call it by."""

    path: str
    text: str

    def line(self, number: int) -> str:
        """Line `number` (from 1), or `""` beyond the end."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


def spec_root() -> Path:
    """The folder `spec/`: beside `src/` in a checkout, packed into the wheel otherwise."""
    checkout = Path(__file__).resolve().parents[3] / "spec"
    if checkout.is_dir():
        return checkout
    return Path(str(resources.files("pcstate"))) / "_spec"


def check_words(option: str, words: Iterable[str], allowed: Iterable[str], what: str = "") -> None:
    """Are all words of an option allowed? `what` they are. Raises: SpecError with those that are not."""
    wrong = unknown_words(option, words, allowed, what)
    if wrong:
        raise SpecError(wrong)


def unknown_words(option: str, words: Iterable[str], allowed: Iterable[str], what: str = "") -> list[Mistake]:
    """The words of an option that are not allowed."""
    there = list(allowed)
    kind = f"{what} " if what else ""
    return [
        Mistake(Place(option, 0), f"there is no {kind}{word!r}", "", known(there, word)) for word in words if word not in there
    ]


def read_source(path: Path, name: str | None = None) -> Source:
    """Read a spec file as UTF-8, with a byte order mark or without. Raises: SpecError when it cannot be read or is not text."""
    shown = name or str(path)
    try:
        return Source(shown, path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SpecError([Mistake(Place(shown, 0), f"not UTF-8 text: {error.reason} at byte {error.start}")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError([Mistake(Place(shown, 0), f"cannot be read: {reason}")]) from None


MANY, FEW = 120, 8
"""More names than MANY are not all shown, but FEW."""


def known(names: Iterable[object], asked: object = None) -> str:
    """The hint `known: a, b, c`, with the nearest to what was asked for; of very many names a few like it only."""
    listed = sorted({str(name) for name in names})
    shown = listed
    if len(listed) > MANY:
        shown = difflib.get_close_matches(str(asked), listed, FEW, 0.3) or listed[:FEW]
    more = f" and {len(listed) - len(shown)} more" if len(listed) > len(shown) else ""
    hint = f"known: {', '.join(shown) or 'none'}{more}"
    near = difflib.get_close_matches(str(asked), listed, 1) if asked is not None else []
    return f"{hint}     (did you mean {near[0]!r}?)" if near else hint


@dataclass(slots=True)
class Reader:
    """Collects the mistakes of one source; `finish` raises them together."""

    source: Source
    mistakes: list[Mistake] = field(default_factory=list)
    _tables: dict[str, list[int]] = field(default_factory=dict)

    def wrong(self, place: Place, message: str, hint: str = "") -> None:
        """Note one mistake."""
        self.mistakes.append(Mistake(place, message, self.source.line(place.line), hint))

    def place(self, line: int = 1, column: int = 1, width: int = 1) -> Place:
        """A place in this source."""
        return Place(self.source.path, line, column, max(1, width))

    def within(self, line: int, column: int) -> Place:
        """That place, or the end of the text where a parser points beyond it."""
        lines = self.source.text.splitlines() or [""]
        if line > len(lines):
            return self.place(len(lines), len(lines[-1]) + 1)
        return self.place(line, min(column, len(lines[line - 1]) + 1))

    def finish(self) -> None:
        """Raise SpecError if anything was wrong."""
        if self.mistakes:
            raise SpecError(sorted(self.mistakes, key=lambda mistake: mistake.place))

    def toml(self, hint: Callable[[str], str] = lambda line: "") -> dict[str, Any]:
        """The source parsed as TOML; a syntax error is the only mistake then, with a hint for its line. Raises: SpecError."""
        try:
            return tomllib.loads(self.source.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            message, line, column = _toml_place(str(error), self.source)
            self.wrong(self.place(line, column), f"not TOML: {message}", hint(self.source.line(line)))
            self.finish()
            raise AssertionError from error

    def find(self, text: str, after: int = 1, key: str | None = None) -> Place:
        """Where `text` first stands at or after line `after` (behind `key =` if given, in the lines below for a list that begins
        there with nothing but its bracket); that line itself if nowhere."""
        lines = self.source.text.splitlines()
        for number in range(after, len(lines) + 1):
            line = lines[number - 1]
            start = 0
            if key is not None:
                found = re.search(rf'(^|[{{,\s.])"?{re.escape(key)}"?\s*=\s*', line)
                if found is None:
                    continue
                start = found.end()
            column = line.find(text, start) if text else start
            if column >= 0:
                return self.place(number, column + 1, len(text))
            if key is not None:
                within = takewhile(lambda row: not lines[row - 1].startswith("]"), range(number + 1, len(lines) + 1))
                for row in within if line[start:] == "[" else ():
                    if text in lines[row - 1]:
                        return self.place(row, lines[row - 1].index(text) + 1, len(text))
                return self.place(number, start + 1)
        return self.place(min(after, max(1, len(lines))))

    def written(self, text: str, line: int, key: str) -> Written:
        """The formula that stands at `key`, on that line or, in a string of several lines, below it."""
        lines = self.source.text.splitlines()
        place = self.find("", line, key)
        first = text.strip().splitlines()[0] if text.strip() else ""
        below = range(place.line, len(lines) + 1) if lines else ()
        row = next((n for n in below if first in lines[n - 1][place.column - 1 if n == place.line else 0 :]), place.line)
        column = lines[row - 1].find(first, place.column - 1 if row == place.line else 0) if lines else 0
        return Written(text, self.place(row, max(column + 1, 1), len(first)), tuple(lines))

    def table(self, header: str, index: int = 0) -> int:
        """The line of the `index`-th `[header]` or `[[header]]`, or of that table in a list `header = [{...}, {...}]`; 1 if there
        is none."""
        if not self._tables:
            within = ""
            for number, line in enumerate(self.source.text.splitlines(), 1):
                if found := re.match(r"""^\s*\[\[?\s*["']?([\w.-]+)["']?\s*\]""", line):
                    self._tables.setdefault(found[1], []).append(number)
                    within = ""
                elif found := re.match(r"""^\s*["']?([\w-]+)["']?\s*=\s*\[\s*([{#]|$)""", line):
                    within = found[1]
                if within:
                    self._tables.setdefault(within, []).extend([number] * line.partition("#")[0].count("{"))
                if re.match(r"^\s*\]\s*(#|$)", line):
                    within = ""
        lines = self._tables.get(header, [])
        return lines[index] if index < len(lines) else 1

    def tables(self, document: dict[str, Any], name: str, needed: bool = False) -> Iterator[tuple[dict[str, Any], int]]:
        """The tables `[[name]]`, each with its line; what stands there and is none is noted."""
        for index, table in enumerate(self.typed(document, name, list, 1, None if needed else [])):
            line = self.table(name, index)
            if isinstance(table, dict):
                yield table, line
            else:
                self.wrong(self.place(line), f"[[{name}]] must be a table")

    def one_of(self, word: str, allowed: Iterable[str], line: int, key: str) -> None:
        """Note a word that `key` cannot be."""
        if word not in allowed:
            self.wrong(self.find(word, line, key), f"{key} cannot be {word!r}", known(allowed, word))

    def keys(self, table: Any, allowed: Iterable[str], line: int, what: str, hint: Callable[[str], str] = lambda key: "") -> None:
        """Note every key of `table` that is not allowed, with a hint; what is allowed, where there is none of its own."""
        allowed = tuple(allowed)
        for key in table if isinstance(table, dict) else ():
            if key not in allowed:
                self.wrong(self.find(str(key), line), f"{what} has no key {key!r}", hint(str(key)) or known(allowed, key))

    def typed(self, table: dict[str, Any], key: str, kind: type, line: int, default: Any = None, hint: str = "") -> Any:
        """`table[key]` if it is of that kind; otherwise note the mistake, with its hint, and give the default (None: needed)."""
        if key not in table:
            if default is None:
                self.wrong(self.place(line, 1, len(self.source.line(line))), f"{key!r} is missing", hint)
                return kind()
            return default
        value = table[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(self.find("", line, key), f"{key!r} must be {_KIND[kind]}, not {_describe(value)}", hint)
            return kind() if default is None else default
        return value

    def strings(self, table: dict[str, Any], key: str, line: int, hint: str = "", needed: bool = False) -> tuple[str, ...]:
        """`table[key]` as a tuple of strings; empty when absent, which is a mistake where it is needed."""
        values = self.typed(table, key, list, line, None if needed else [], hint)
        for value in values:
            if not isinstance(value, str):
                self.wrong(self.find("", line, key), f"{key!r} must be a list of strings, not {_describe(value)}", hint)
        return tuple(value for value in values if isinstance(value, str))


LONGEST = 40
"""A value that is longer is not shown."""

_KIND: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    list: "a list",
    dict: "a table",
    bool: "true or false",
}


def _describe(value: object) -> str:
    """A value in TOML's terms, or only of what kind it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return str(value)
    return _KIND[type(value)] if isinstance(value, dict) or len(repr(value)) > LONGEST else f"{value!r}"


def _toml_place(message: str, source: Source) -> tuple[str, int, int]:
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if found:  # tomllib's lines end at line feeds only, ours at whatever ends a line for str.splitlines
        lines = source.text.split("\n")[: int(found[1])]
        before = "\n".join([*lines[:-1], lines[-1][: int(found[2]) - 1]])
        rows = f"{before}x".splitlines()
        return _in_toml(message[: found.start()]), len(rows), len(rows[-1])
    return _in_toml(message).removesuffix(" (at end of document)"), max(1, source.text.count("\n")), 1


def _in_toml(message: str) -> str:
    """What tomllib says, with the name of a table as it is written: it has it as a tuple."""
    found = re.search(r"\('([^()]*)',?\)", message)
    return message.replace(found[0], "[" + found[1].replace("', '", ".") + "]") if found else message
