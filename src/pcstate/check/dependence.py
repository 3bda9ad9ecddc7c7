"""What the vectors of a network mean to a component in one of its configurations: which it allows, which would change it.

Sets of vectors are integers, one bit a vector, so that asking about all of them costs a few machine words. Each answer is worked
out from the component's own transitions once, and remembered.
"""

from collections.abc import Iterable

from pcstate.check.bits import bits, either
from pcstate.check.commuting import Commuting, Role
from pcstate.model.lts import Event
from pcstate.model.network import GlobalState, Network

__all__ = ["Dependence"]

TOGETHER = 8
"""How many components are looked at as one when it is asked what can fire."""


class Dependence:
    """The questions for one network, of whose vectors only those of the given kinds count (`counted`).

    `parts[c]` are the vectors that component c has a part in, of any sort; `joined[c]` those that need an event of it. Components
    that nothing can move have none.
    """

    def __init__(self, network: Network, kinds: Iterable[str]) -> None:
        self.network = network
        wanted, size = set(kinds), len(network.components)
        self.counted = sum(1 << number for number, v in enumerate(network.vectors) if v.kind in wanted)
        initial = network.initial()
        mobile = {
            c for v in network.vectors for c, e in (*v.who, *v.also) if self._step(c, initial[c], e) not in (-1, initial[c])
        }
        self.parts = [0] * size
        self._who: list[dict[Event, int]] = [{} for _ in range(size)]
        self._also: list[dict[Event, int]] = [{} for _ in range(size)]
        self._unless: list[dict[Event, int]] = [{} for _ in range(size)]
        self._components = []
        self._firsts = range(0, size, TOGETHER)
        self._together: list[dict[GlobalState, int]] = [{} for _ in self._firsts]
        self._all = (1 << len(network.vectors)) - 1
        for number, v in enumerate(network.vectors):
            bit = 1 << number
            for parts, table in ((v.who, self._who), (v.also, self._also), (v.unless, self._unless)):
                for c, event in parts:
                    table[c][event] = table[c].get(event, 0) | bit
                    if c in mobile:
                        self.parts[c] |= bit
            self._components.append(tuple(dict.fromkeys(c for c, _ in (*v.who, *v.also, *v.unless) if c in mobile)))
        self.joined = [either(who.values()) if c in mobile else 0 for c, who in enumerate(self._who)]
        self._allowed: list[dict[int, int]] = [{} for _ in range(size)]
        self._changes: list[dict[int, int]] = [{} for _ in range(size)]
        self._stopped: list[dict[int, int]] = [{} for _ in range(size)]
        self._offers: list[dict[int, bool]] = [{} for _ in range(size)]
        self._meanwhile: list[dict[tuple[int, int, int], tuple[int, int]]] = [{} for _ in range(size)]
        self._roles: dict[int, list[tuple[int, int]]] = {}
        asked = {id(component.behaviour): Commuting(component.behaviour) for component in network.components}
        self._commuting = [asked[id(component.behaviour)] for component in network.components]

    def roles(self, component: int) -> list[tuple[int, int]]:
        """What vectors ask of a component, as its behaviour's roles, each with those that ask just that. Worked out once."""
        if component not in self._roles:
            self._roles[component] = self._find_roles(component)
        return self._roles[component]

    def _find_roles(self, component: int) -> list[tuple[int, int]]:
        asked: dict[int, list[Event | None]] = {}
        for place, table in enumerate((self._who[component], self._also[component], self._unless[component])):
            for event, vectors in table.items():
                for number in bits(vectors):
                    asked.setdefault(number, [None, None, None])[place] = event
        roles: dict[Role, int] = {}
        for number, (who, also, unless) in asked.items():
            role = who, also, unless
            roles[role] = roles.get(role, 0) | 1 << number
        return [(1 << self._commuting[component].number(role), vectors) for role, vectors in roles.items()]

    def enabled(self, state: GlobalState) -> int:
        """The vectors of any kind that can fire in `state`: those that all components allow, some of them taken together."""
        found = self._all
        for first, known in zip(self._firsts, self._together, strict=True):
            key = state[first : first + TOGETHER]
            allowed = known.get(key)
            if allowed is None:
                allowed = self._all
                for component, local in enumerate(key, first):
                    allowed &= self.allowed(component, local)
                known[key] = allowed
            found &= allowed
        return found

    def components(self, number: int) -> tuple[int, ...]:
        """The components that have a part in a vector and can move."""
        return self._components[number]

    def allowed(self, component: int, local: int) -> int:
        """The vectors that the component does not keep from firing: it offers its event, and is not in the way."""
        known = self._allowed[component]
        if local not in known:
            refused = 0
            for event, vectors in self._who[component].items():
                if self._step(component, local, event) < 0:
                    refused |= vectors
            for event, vectors in self._unless[component].items():
                if self._step(component, local, event) >= 0:
                    refused |= vectors
            known[local] = ~refused
        return known[local]

    def changes(self, component: int, local: int) -> int:
        """The vectors that would move the component from there, or that have to have it elsewhere."""
        known = self._changes[component]
        if local not in known:
            found = 0
            for event, vectors in self._who[component].items():
                if self._step(component, local, event) != local:
                    found |= vectors
            for event, vectors in self._also[component].items():
                if self._step(component, local, event) not in (-1, local):
                    found |= vectors
            known[local] = found
        return known[local]

    def stopped(self, component: int, local: int) -> int:
        """The vectors that the component would be in the way of there."""
        known = self._stopped[component]
        if local not in known:
            known[local] = 0
            for event, vectors in self._unless[component].items():
                if self._step(component, local, event) >= 0:
                    known[local] |= vectors
        return known[local]

    def meanwhile(self, component: int, local: int, own: int, others: int) -> tuple[int, int]:
        """The `others` to which it makes a difference whether one of the component's `own` vectors, which it must allow, comes
        before or after them; and the vectors that it does not keep from firing, there or wherever the rest of the others bring
        it, 0 if that is not known."""
        known = self._meanwhile[component]
        key = local, own, others
        if key not in known:
            mine, theirs = (sum(role for role, vectors in self.roles(component) if vectors & asked) for asked in (own, others))
            reached, differing = self._commuting[component].reached(local, mine, theirs)
            allowed, apart = 0, 0
            for here in reached:
                allowed |= self.allowed(component, here)
            for role, vectors in self.roles(component):
                if role & differing:
                    apart |= vectors & others
            known[key] = apart, allowed
        return known[key]

    def blocking(self, number: int, state: GlobalState) -> list[int]:
        """The components that keep a vector from firing because they do not offer its event."""
        return [c for c, _ in self.network.vectors[number].who if not self.allowed(c, state[c]) >> number & 1]

    def offers(self, component: int, local: int) -> bool:
        """Whether the component offers anything at all; where not, taking it in brings in nothing else."""
        known = self._offers[component]
        if local not in known:
            known[local] = any(self._step(component, local, event) >= 0 for event in self._who[component])
        return known[local]

    def _step(self, component: int, local: int, event: Event) -> int:
        return self.network.components[component].behaviour.step(local, event)
