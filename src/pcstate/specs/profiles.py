"""Profile files -> `Profile`, and the answer to "which profile speaks for this Go?"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.lts import Value
from pcstate.specs.source import Reader, Source, known

__all__ = ["Profile", "choose_profile", "parse_profile"]

_VERSION = re.compile(r"^\d+\.\d+(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Profile:
    """A range of Go releases that behave alike, as data for the charts."""

    name: str
    about: str
    first: str
    last: str
    constants: Mapping[str, Value]
    path: str
    text: str

    @property
    def order(self) -> tuple[int, ...]:
        """A key that sorts profiles from old to new."""
        return _numbers(self.first)

    @property
    def span(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Its first release and the first after its last, as three numbers each: profiles adjoin where these are equal."""
        *front, end = _numbers(self.last)
        first, beyond = (*_numbers(self.first), 0)[:3], (*front, end + 1, 0)[:3]
        return first, beyond

    def speaks_for(self, version: str) -> bool:
        """Whether `version` (`1.26` or `1.26.6`) lies in its range; `1.26` means its newest release."""
        numbers = _numbers(version)
        asked = numbers if len(numbers) == 3 else (*numbers, 10**6)
        last = _numbers(self.last)
        return asked >= _numbers(self.first) and asked[: len(last)] <= last


def parse_profile(source: Source, name: str) -> Profile:
    """Read a profile file. Raises: SpecError with every mistake in it."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("about", "from", "to", "constants"), 1, "a profile")
    about = reader.typed(document, "about", str, 1)
    versions = []
    for key in ("from", "to"):
        version = reader.typed(document, key, str, 1)
        if version and not _VERSION.match(version):
            reader.wrong(reader.find(version, 1, key), f'{key!r} must be a Go release such as "1.26" or "1.27.2"')
            version = ""
        versions.append(version or "0.0")
    constants = reader.typed(document, "constants", dict, 1, {})
    for key, value in constants.items():
        if not isinstance(value, int | str) or isinstance(value, bool):
            reader.wrong(reader.find("", reader.table("constants"), key), f"constant {key!r} must be a number or a word")
    reader.finish()
    return Profile(name, about, versions[0], versions[1], constants, source.path, source.text)


def choose_profile(profiles: Sequence[Profile], asked: str | None, option: str = "--go") -> Profile:
    """The profile of that name, or the one that speaks for that release; the newest for None.

    Raises: SpecError, placed at the `option` that asked.
    """
    ordered = sorted(profiles, key=lambda profile: profile.order)
    if asked is None:
        return ordered[-1]
    for profile in ordered:
        if asked == profile.name:
            return profile
    version = asked.removeprefix("go")
    if _VERSION.match(version):
        for profile in ordered:
            if profile.speaks_for(version):
                return profile
    ranges = "\n".join(f"{profile.name}: Go {_range(profile)}" for profile in ordered)
    raise SpecError(
        [
            Mistake(
                Place(option, 0),
                f"no profile speaks for Go {asked!r}",
                "",
                f"those that do:\n{ranges}" if ordered else known(()),
            )
        ]
    )


def _range(profile: Profile) -> str:
    """The releases that it speaks for, for people."""
    if profile.first.startswith(f"{profile.last}."):
        return f"{profile.first} and later releases of {profile.last}"
    return profile.first + (f" to {profile.last}" if profile.last != profile.first else "")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
