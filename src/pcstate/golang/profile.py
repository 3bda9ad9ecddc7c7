"""A goroutine profile in pprof's protobuf -> `Goroutine`s.

Of profile.proto only what says where goroutines stand is read: sample (location_id, value), location (id, line), line
(function_id, line), function (id, name, filename), string_table, sample_type. No library: protobuf's own would be the heaviest
dependency here, for five messages of varints.
"""

from collections.abc import Iterator

from pcstate.errors import GoError
from pcstate.model.stack import Goroutine, Stack

__all__ = ["is_profile", "read_profile"]

_Fields = Iterator[tuple[int, int | memoryview]]


def is_profile(head: bytes) -> bool:
    """Whether a file that begins so is a profile: its first field is a sample_type, or a period_type as Go writes it."""
    return len(head) > 3 and head[0] in (0x0A, 0x5A) and head[1] <= 0x10 and head[2] == 0x08


def read_profile(data: bytes) -> tuple[str, list[Goroutine]]:
    """What an uncompressed profile is of, `goroutine` or `goroutineleak`, and those, which stand at the same place together.

    Raises: GoError if it is damaged, or a profile of something else.
    """
    try:
        return _read(memoryview(data))
    except (IndexError, ValueError, TypeError, KeyError) as error:
        raise GoError(f"a damaged pprof profile: {type(error).__name__}") from None


def _read(data: memoryview) -> tuple[str, list[Goroutine]]:
    strings: list[str] = []
    names: dict[int, tuple[int, int]] = {}
    places: dict[int, list[tuple[int, int]]] = {}
    samples: list[memoryview] = []
    kinds: list[int] = []
    for number, value in _fields(data):
        if isinstance(value, int):
            continue
        if number == 1:
            kinds.append(_number(value, 1))
        elif number == 2:
            samples.append(value)
        elif number == 4:
            places[_number(value, 1)] = [(_number(line, 1), _number(line, 2)) for line in _messages(value, 4)]
        elif number == 5:
            names[_number(value, 1)] = (_number(value, 2), _number(value, 4))
        elif number == 6:
            strings.append(bytes(value).decode("utf-8", "replace"))
    kind = strings[kinds[0]]
    if not kind.startswith("goroutine"):
        raise GoError(f"a pprof profile of {kind!r}, not of goroutines\n  fix: take /debug/pprof/goroutine")
    return kind, [_goroutine(sample, places, names, strings) for sample in samples]


def _goroutine(
    sample: memoryview, places: dict[int, list[tuple[int, int]]], names: dict[int, tuple[int, int]], strings: list[str]
) -> Goroutine:
    frames, where = [], []
    for location in _numbers(sample, 1):
        for function, line in places.get(location, ()):
            name, file = names.get(function, (0, 0))
            frames.append(strings[name])
            where.append(f"{strings[file]}:{line}")
    return Goroutine(Stack(tuple(frames)), (), tuple(where), count=max(1, _numbers(sample, 2)[0]))


def _fields(data: memoryview) -> _Fields:
    """Each field of a message: its number, and its varint or its bytes. Raises: IndexError, ValueError if it is cut off."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif wire == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError
            yield key >> 3, data[at : at + size]
            at += size
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise ValueError


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError


def _number(data: memoryview, wanted: int) -> int:
    return next((value for number, value in _fields(data) if number == wanted and isinstance(value, int)), 0)


def _messages(data: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in _fields(data) if number == wanted and not isinstance(value, int))


def _numbers(data: memoryview, wanted: int) -> list[int]:
    """The values of a repeated integer, packed or not."""
    found: list[int] = []
    for number, value in _fields(data):
        if number != wanted:
            continue
        if isinstance(value, int):
            found.append(value)
            continue
        at = 0
        while at < len(value):
            each, at = _varint(value, at)
            found.append(each)
    return found
