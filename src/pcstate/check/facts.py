"""The facts of a network, its [[apart]] tables, as the search for persistent sets asks for them: by vector and by component.

While a fact holds, none of `these` components joins one of `those` in a vector, and no vector of `off` fires, before one that
ends the fact has fired. All tables are made once for a network; whether a fact holds is remembered by what it looks at.
"""

from collections.abc import Iterable, Sequence

from pcstate.check.bits import bits, either
from pcstate.check.dependence import Dependence
from pcstate.model.formula import compile_formula
from pcstate.model.network import GlobalState, Named, Network

__all__ = ["Facts"]


class Facts:
    """The facts of `network`, by number. Sets of vectors and of facts are integers, one bit each."""

    def __init__(self, network: Network, dependence: Dependence) -> None:
        self._network = network
        self._these, self._those = ([0] * len(network.components) for _ in range(2))
        """For each component the facts on whose one side it is, and on whose other."""
        for n, fact in enumerate(network.apart):
            for side, members in ((self._these, fact.these), (self._those, fact.those)):
                for c in members:
                    side[c] |= 1 << n
        self.holds = [compile_formula(fact.formula, network, fact.names).remembered() for fact in network.apart]
        """For each fact whether it holds in a state."""
        self.ends = self._ends(dependence.counted)
        """For each fact the counted vectors that can end it: those it names, and those that can move a component it names."""
        self.about = self._about()
        """For each vector the facts that keep it off: those that name it, and those of which it joins two parties."""
        self.between = self._between(dependence)
        """For each vector the components that it asks for no event in `who`, with the facts that keep them apart."""

    def hold(self, facts: Iterable[int], state: GlobalState) -> bool:
        """Whether all these facts hold in `state`."""
        return all(self.holds[fact](state) for fact in facts)

    def _ends(self, counted: int) -> list[int]:
        moving = [0] * len(self._network.components)
        for number, v in enumerate(self._network.vectors):
            for c, _ in (*v.who, *v.also):
                moving[c] |= 1 << number
        found = self._meant([fact.steps for fact in self._network.apart])
        return [
            (ends | either(moving[c] for c in fact.until)) & counted
            for ends, fact in zip(found, self._network.apart, strict=True)
        ]

    def _about(self) -> list[list[int]]:
        off = [0] * len(self._network.vectors)
        for fact, numbers in enumerate(self._meant([fact.off for fact in self._network.apart])):
            for number in bits(numbers):
                off[number] |= 1 << fact
        found = []
        for number, vector in enumerate(self._network.vectors):
            one, other = (either(side[c] for c, _ in vector.who) for side in (self._these, self._those))
            found.append(list(bits(off[number] | one & other)))
        return found

    def _between(self, dependence: Dependence) -> list[dict[int, list[int]]]:
        wholly = sum(1 << n for n, fact in enumerate(self._network.apart) if fact.wholly)
        found: list[dict[int, list[int]]] = []
        for number, vector in enumerate(self._network.vectors):
            joined = {component for component, _ in vector.who}
            one, other = (either(side[c] for c in joined) & wholly for side in (self._these, self._those))
            facts = {c: one & self._those[c] | other & self._these[c] for c in dependence.components(number) if c not in joined}
            found.append({c: [n for n in bits(some) if not self.ends[n] >> number & 1] for c, some in facts.items()})
        return found

    def _meant(self, asked: Sequence[Sequence[Named]]) -> list[int]:
        """For each of what is asked the vectors that it means."""
        means = [{number for each in some for number in self._network.meant(each)} for some in asked]
        return [sum(1 << number for number in numbers) for numbers in means]
