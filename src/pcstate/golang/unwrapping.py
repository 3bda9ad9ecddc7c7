"""The bytes of a dump -> its lines, freed from what carried them: gzip, UTF-16, mail, JSON logs, CSV, escapes, HTML, colours.

Bounds: one line at a time; a line longer than LONGEST is read in pieces.
"""

import csv
import html
import io
import json
import quopri
import re
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["LONGEST", "lines"]

LONGEST = 1 << 24
"""Characters of a line, at most."""
_COLOUR = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[_\]][^\x07\x1b]*(?:\x07|\x1b\\))")
"""What a terminal is told: colours, and the notes of a build's log."""
_SPACES = {ord("\xa0"): " ", ord("\u200b"): "", ord("\ufeff"): ""}
"""What pages and letters make of spaces, and put between words."""
_TAG = re.compile(r"</?(?:br|pre|p|code|span|div|td|tr|li|b|a)\b[^>]*>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>(?=\s*\S)", re.IGNORECASE)
"""The end of a line within one, as where a page is all in one."""
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|lt|gt|amp|quot|apos|nbsp|middot);")
_ESCAPE = re.compile(r"\\(?:u00([0-9a-fA-F]{2})|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_OBJECT = re.compile(r'\{\s*"')
_RUBY = re.compile(r'"\s?=>\s?')
"""What is between a key and a value where fluentd or Fluent Bit prints an object."""
_ROW = re.compile(r'".*",".*"')
"""A row of a table, with quotes around its cells."""
_CELL = re.compile(r"goroutine |created by |\.go:\d|\)$|\b0x[0-9a-f]+(?:\s|$)")
"""What shows that a cell has a line of a dump."""
_MAIL = re.compile(r"=(?:3D|09|C2|E2)")
"""What shows that a line is quoted-printable: `=`, a tab, and the letters that Go has put into names."""
_SOFT = range(70, 77)
"""The lengths of a line of mail that `=` at its end joins to the next."""
_JOINED = 1 << 14
"""Characters that are joined, at most: no line of a dump is longer."""
_DEPTH = 8
"""How deep in a JSON document its strings are looked for."""


def lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a text, without their ends; what is not UTF-8 is replaced, never refused."""
    head = stream.read(4)
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(head[:2], "utf-8-sig")
    if encoding == "utf-8-sig" and head[1::2] == b"\0\0" and b"\0" not in head[::2]:
        encoding = "utf-16-le"  # without a mark: Latin letters with zeroes between
    text = io.TextIOWrapper(io.BufferedReader(_Joined(head, stream), 1 << 20), encoding, "replace", newline="\n")
    before = ""
    while line := text.readline(LONGEST):
        for each in line.rstrip("\r\n").split("\r"):
            if each.endswith("=") and len(each) in _SOFT and len(before) < _JOINED:
                before += each[:-1]
                continue
            whole, before = before + each, ""
            if "=" in whole and (whole != each or _MAIL.search(whole)):
                whole = quopri.decodestring(whole.encode()).decode("utf-8", "replace")
            yield from _plain(whole)
    if before:
        yield from _plain(before)


class _Joined(io.RawIOBase):
    """A stream with what was read of it already put before it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io passes nothing else
        chunk = self._head or self._rest.read(len(buffer))
        self._head = b""
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _plain(line: str) -> Iterator[str]:
    """The lines that a line stands for: one, as a rule."""
    if "\x1b" in line:
        line = _COLOUR.sub("", line)
    if not line.isascii():
        line = line.translate(_SPACES)
    if "#011" in line:  # rsyslog's tab
        line = line.replace("#011", "\t")
    if "#012" in line:  # and its end of a line
        for each in line.split("#012"):
            yield from _plain(each)
        return
    if line.startswith('"') and _ROW.fullmatch(line):
        for cell in _cells(line):
            yield from _unhtml(cell)
        return
    if '{"' in line or "\\n" in line or "\\t" in line:
        unpacked = _unpacked(line)
        if unpacked is not None:
            for each in unpacked:
                inner = _unpacked(each) if '{"' in each else None  # a log of a log
                for text in [each] if inner is None else inner:
                    yield from _unhtml(text)
            return
    yield from _unhtml(line)


def _unhtml(line: str) -> list[str]:
    if "&" in line:
        line = _ENTITY.sub(lambda found: html.unescape(found[0]), line)
    if "<" in line and ">" in line:
        return _TAG.sub("", _BREAK.sub("\n", line)).split("\n")
    return [line]


def _cells(row: str) -> list[str]:
    """The lines that the cells of a row are: those of a dump, an empty one, or the row as it is."""
    try:
        cells = next(csv.reader([row]))
    except csv.Error:
        return [row]
    found = [cell for cell in cells if _CELL.search(cell)]
    return found or ([""] if "" in cells else [row])


def _unpacked(line: str) -> list[str] | None:
    """The lines inside a JSON object of a log, or inside a string with `\\n` for its ends; None if it is neither."""
    start = _OBJECT.search(line)
    if start and "goroutine " not in line[: start.start()]:  # behind it they are labels
        text = line[start.start() :]
        if _RUBY.search(text):
            text = _RUBY.sub('": ', text).rstrip("] ")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return [each for text in _strings(found, _DEPTH) for each in text.removesuffix("\n").split("\n")]
    if line.endswith("\\n\\"):
        return [line.removesuffix("\\n\\").replace("\\t", "\t")]  # a string that goes on in the next line
    if "\\n" in line and ("goroutine " in line or ".go:" in line):
        return _ESCAPE.sub(_unescape, line).split("\n")
    if "\\t" in line and (".go:" in line or "#" in line):
        return [line.replace("\\t", "\t").replace("\\n", "")]
    return None


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return _ESCAPED.get(found[2], found[2] if found[2] in "\"'\\/" else found[0])


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value.replace("\r", "")
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from _strings(inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _strings(inner, depth - 1)
