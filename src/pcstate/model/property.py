"""Properties: promises about a network, each in prose and in a formula."""

from dataclasses import dataclass

from pcstate.errors import Place

__all__ = ["Mutant", "Property"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """An edit of one spec file that the property must notice: `find` is replaced by `replace` in `file`."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Property:
    """One property file.

    `kind` is `always`, `leads-to`, `sometimes`, `deadlock` or `refinement`. `formula` must hold in every reachable state
    (always), in some (sometimes), mark the states in which resting is allowed (deadlock), name the abstract chart
    (refinement), or begin the obligation that `then` ends (leads-to).
    """

    name: str
    kind: str
    about: str
    formula: str
    then: str
    over: tuple[tuple[str, str], ...]
    """(index variable, set) pairs that the formula is repeated over."""
    clauses: tuple[str, ...]
    holds: tuple[str, ...]
    """Profiles where it must hold; `"*"` for every one."""
    fails: tuple[str, ...]
    mutant: Mutant | None
    place: Place
    formula_place: Place
    then_place: Place
