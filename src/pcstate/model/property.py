"""Properties: promises about a network, each in prose and in a formula."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pcstate.errors import Place
from pcstate.model.decision import Ask, Decision
from pcstate.model.formula import Formula
from pcstate.model.lts import Value
from pcstate.model.verdict import Bounds

__all__ = ["CompiledProperty", "Instance", "Mutant", "Property"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """An edit of one spec file that the property must notice: `find` is replaced by `replace` in `file`."""

    file: str
    find: str
    replace: str

    def edited(self, text: str) -> str:
        """The file's text with the edit done."""
        return text.replace(self.find, self.replace)


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
    at_rest: bool
    """Only states in which no goroutine can move count (for `always` and `sometimes`)."""
    strong: bool
    """Goroutines are treated strongly fairly, not only weakly (for `leads-to`)."""
    needs: tuple[tuple[str, int], ...]
    """(size, number) pairs: in a network of fewer it says nothing and is not run."""
    over: tuple[tuple[str, str], ...]
    """(index variable, set) pairs that the formula is repeated over."""
    clauses: tuple[str, ...]
    holds: tuple[str, ...]
    """Profiles where it must hold; `"*"` for every one."""
    fails: tuple[str, ...]
    """Profiles where it must fail; in a profile of neither list it says nothing and is not run."""
    fails_from: tuple[tuple[str, int], ...]
    """(size, number) pairs: in a network of fewer it must hold there, too."""
    mutant: Mutant | None
    place: Place
    formula_place: Place
    then_place: Place

    def bounds(self, profile: str) -> Bounds:
        """The network that it is judged in: the default one, or the smallest that has what it needs, or needs to fail there."""
        least = {**dict(self.needs), **(dict(self.fails_from) if profile in self.fails else {})}
        default = Bounds()
        suffices = all(number <= default.sizes[size] for size, number in least.items())
        return default if suffices else Bounds(**{"requests": 1, "closers": 0, **least})

    def applies(self, profile: str) -> bool:
        """Whether it promises anything about that profile."""
        return bool({"*", profile} & {*self.holds, *self.fails})

    def expected(self, profile: str, sizes: Mapping[str, int]) -> bool:
        """Whether it is expected to hold there, in a network of those sizes."""
        return profile not in self.fails or any(sizes[size] < least for size, least in self.fails_from)


@dataclass(frozen=True, slots=True)
class Instance:
    """A property for one value of its index variables, such as `j=0`."""

    label: str
    formula: Formula
    then: Formula | None
    values: tuple[Value, ...] = ()
    """The values of the index variables, in the order of `Property.over`."""
    apart: Callable[[bool], Decision] | None = None
    """Whether the formula has that truth value, taken apart."""

    def decision(self, wanted: bool) -> Decision:
        """Whether the formula is as `wanted`, in as many questions as are known."""
        if self.apart is not None:
            return self.apart(wanted)
        return Ask(tuple(sorted(self.formula.components)), lambda state: bool(self.formula(state)) == wanted)


@dataclass(frozen=True, slots=True)
class CompiledProperty:
    """A property with its formulas compiled for one network."""

    promise: Property
    instances: tuple[Instance, ...]
    idle: str = ""
    """Why it says nothing of that network, if so."""

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """All that are evaluated to judge it."""
        return tuple(formula for instance in self.instances for formula in (instance.formula, instance.then) if formula)
