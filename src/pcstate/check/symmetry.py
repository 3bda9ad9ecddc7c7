"""What is interchangeable: connections, callers with the same program, and requests that their caller has left behind.

Of all states that differ in nothing but the order of these, one is kept (Ip and Dill 1996, scalarsets). A connection is what its
components hold, and who refers to it by number is part of what it is; so are callers and requests. The network file says which
data are such references. Two orders that are told apart although they need not be cost states, never answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pcstate.model.network import GlobalState, Network, getter

__all__ = ["CALLERS", "CONNS", "DIALS", "NOBODY", "REQUESTS", "Places", "Symmetry"]

CONNS, CALLERS, REQUESTS = "conns", "callers", "all_requests"
DIALS = "dials"
"""The component that counts the connections dialled: these are the first ones."""
NOBODY = -1
"""What stands for the number of none."""
Places = Mapping[str, Sequence[int]]
"""Where each connection, caller and request goes, by number."""
_Locals = tuple[int, ...]
_Refs = tuple[tuple[str, int], ...]


class _Look(NamedTuple):
    """What one object's components hold. `key` is that without its references, (`refs`, in order; -1 is nobody)."""

    held: _Locals
    key: tuple[bool, _Locals]
    """First whether it is a connection that was never dialled."""
    refs: _Refs


class _Blocks:
    """The objects of one kind: the components of each, and what is known of what they can hold."""

    def __init__(self, network: Network, over: str) -> None:
        families: dict[str, list[int]] = {}
        for n, component in enumerate(network.components):
            if component.over == over:
                families.setdefault(component.name, []).append(n)
        initial = network.initial()
        self.network = network
        self.components: list[_Locals] = list(zip(*families.values(), strict=True))
        self.unborn = [tuple(initial[c] for c in block) for block in self.components] if over == CONNS else []
        self.get = [getter(block) for block in self.components]
        self.references = [
            tuple(sorted(network.references.get(network.components[c].name, ()))) for c in next(iter(self.components), ())
        ]
        self._looks: list[dict[_Locals, _Look]] = [{} for _ in self.components]
        self._renamed: list[dict[tuple[_Locals, tuple[int, ...]], _Locals]] = [{} for _ in self.components]

    def looks(self, state: GlobalState) -> list[_Look]:
        """What each object holds in a state."""
        found = []
        for n, (get, known) in enumerate(zip(self.get, self._looks, strict=True)):
            held = get(state)
            look = known.get(held)
            if look is None:
                look = known[held] = self.look(n, held)
            found.append(look)
        return found

    def look(self, n: int, held: _Locals) -> _Look:
        refs: list[tuple[str, int]] = []
        key = []
        for c, local, references in zip(self.components[n], held, self.references, strict=True):
            behaviour = self.network.components[c].behaviour
            data = dict(behaviour.configuration(local).data) if references else {}
            neutral = local
            for datum, over in references:
                value = data.get(datum)  # a scenario's line of steps, in a program's place, has no data
                if isinstance(value, int) and value >= 0:
                    refs.append((over, value))
                    neutral = behaviour.renamed(neutral, datum, 0)
                else:
                    refs.append((over, -1))
            key.append(neutral)
        return _Look(held, (bool(self.unborn) and held == self.unborn[n], tuple(key)), tuple(refs))

    def renamed(self, n: int, look: _Look, places: Places) -> _Locals:
        """What object n holds once everybody has moved."""
        values = tuple([places[over][value] if value >= 0 else -1 for over, value in look.refs])
        known = self._renamed[n]
        key = look.held, values
        moved = known.get(key)
        if moved is None:
            moved = known[key] = self.rename(n, look, iter(values))
        return moved

    def rename(self, n: int, look: _Look, values: Iterator[int]) -> _Locals:
        moved = []
        for c, local, references in zip(self.components[n], look.held, self.references, strict=True):
            renamed = local
            for datum, _ in references:
                value = next(values)
                if value >= 0:
                    renamed = self.network.components[c].behaviour.renamed(renamed, datum, value)
            moved.append(renamed)
        return tuple(moved)


class Symmetry:
    """Puts the states of one network in order. `alike` are groups of callers that run the same program."""

    def __init__(self, network: Network, alike: Sequence[Sequence[int]]) -> None:
        self.network = network
        self.width = network.parameters["requests"]
        self.callers = network.parameters["callers"]
        self.alike = [tuple(group) for group in alike if len(group) > 1]
        self.blocks = {over: _Blocks(network, over) for over in (CONNS, CALLERS, REQUESTS)}
        callers = self.blocks[CALLERS].components
        self._caller = [next((c for c in block if network.components[c].name == "caller"), -1) for block in callers]
        self.dials = next((n for n, component in enumerate(network.components) if component.name == DIALS), -1)
        self.trivial = self.dials < 0 and len(self.blocks[CONNS].components) < 2 and not self.alike and self.width < 3

    def sort(self, state: GlobalState) -> tuple[GlobalState, tuple[int, ...]]:
        """The representative of all states that differ from `state` in order only; where each caller went, () if nowhere."""
        if self.trivial:
            return state, ()
        looks = self._looks(state)
        places = self._places(state, looks)
        callers = places[CALLERS]
        return self._moved(state, looks, places), () if callers == sorted(callers) else tuple(callers)

    def places(self, state: GlobalState) -> Places:
        """Where `sort` puts everything."""
        if self.trivial:
            return {over: range(len(blocks.components)) for over, blocks in self.blocks.items()}
        return self._places(state, self._looks(state))

    def moved(self, state: GlobalState, places: Places) -> GlobalState:
        """`state` with everything at the place given for it, and what refers to it by number."""
        return self._moved(state, self._looks(state), places)

    def _looks(self, state: GlobalState) -> "_Looks":
        return {over: blocks.looks(state) for over, blocks in self.blocks.items()}

    def _places(self, state: GlobalState, looks: "_Looks") -> dict[str, list[int]]:
        held = _who_refers(looks)
        conns = [look.key for look in looks[CONNS]]
        requests = [
            (look.key, sorted([conns[j] for j in held.get((REQUESTS, r, CONNS), ())])) for r, look in enumerate(looks[REQUESTS])
        ]
        callers = list(range(self.callers))
        left = [self.left(state, i) for i in callers]
        for group in self.alike:
            ranked = sorted(group, key=lambda i: self._caller_key(i, looks, conns, requests, held, left[i]))
            for place, i in zip(group, ranked, strict=True):
                callers[i] = place
        moved = list(range(len(requests)))
        for i, place in enumerate(callers):
            past = sorted(range(i * self.width, i * self.width + left[i]), key=requests.__getitem__)
            for k, r in enumerate(past):
                moved[r] = place * self.width + k
            for k in range(left[i], self.width):
                moved[i * self.width + k] = place * self.width + k
        places = {CALLERS: callers, REQUESTS: moved}

        def conn_key(j: int) -> tuple[object, ...]:
            mentions = [places[over][value] if value >= 0 else -1 for over, value in looks[CONNS][j].refs if over in places]
            mentioned = sorted([(over, places[over][n]) for over in (CALLERS, REQUESTS) for n in held.get((CONNS, j, over), ())])
            return conns[j], mentions, mentioned, j

        order = sorted(range(len(conns)), key=conn_key)
        conn_places = [0] * len(order)
        for new, old in enumerate(order):
            conn_places[old] = new
        return {CONNS: conn_places, **places}

    def left(self, state: GlobalState, caller: int) -> int:
        """How many of its requests the caller has left behind."""
        component = self._caller[caller]
        if component < 0:
            return 0
        refs = dict(self.network.components[component].behaviour.configuration(state[component]).data)
        return max(0, int(refs["req"]) - caller * self.width)

    def _caller_key(
        self,
        caller: int,
        looks: "_Looks",
        conns: Sequence[tuple[object, ...]],
        requests: Sequence[tuple[object, ...]],
        held: "_Held",
        left: int,
    ) -> tuple[object, ...]:
        first = caller * self.width
        look = looks[CALLERS][caller]
        refers = tuple([conns[value] if value >= 0 else () for over, value in look.refs if over == CONNS])
        dialers = sorted([conns[j] for j in held.get((CALLERS, caller, CONNS), ())])
        past = sorted(requests[first : first + left])
        return look.key, left, refers, requests[first + left : first + self.width], past, dialers

    def _moved(self, state: GlobalState, looks: "_Looks", places: Places) -> GlobalState:
        changed = list(state)
        for over, blocks in self.blocks.items():
            for old, look in enumerate(looks[over]):
                for c, local in zip(blocks.components[places[over][old]], blocks.renamed(old, look, places), strict=True):
                    changed[c] = local
        if self.dials >= 0:
            changed[self.dials] = self.dialled(sum(not never for (never, _) in (look.key for look in looks[CONNS])))
        return tuple(changed)

    def dialled(self, conns: int) -> int:
        """What the component that knows which connection is next holds once the first `conns` have been dialled."""
        behaviour = self.network.components[self.dials].behaviour
        return behaviour.renamed(self.network.initial()[self.dials], "count", conns)


_Looks = Mapping[str, Sequence[_Look]]
_Held = Mapping[tuple[str, int, str], Sequence[int]]


def _who_refers(looks: _Looks) -> _Held:
    """Who refers to whom: by kind and number of what is referred to and kind of what refers, the numbers of these."""
    held: dict[tuple[str, int, str], list[int]] = {}
    for over, found in looks.items():
        for n, look in enumerate(found):
            for target, value in look.refs:
                if value >= 0:
                    held.setdefault((target, value, over), []).append(n)
                    if over == REQUESTS:
                        held.setdefault((over, n, target), []).append(value)
    return held
