"""What is interchangeable: connections, callers with the same program, and requests that their caller has left behind.

Of all states that differ in nothing but the order of these, one is kept (Ip and Dill 1996, scalarsets). A connection is what its
components hold, and who refers to it by number is part of what it is; so are callers and requests. The network file says which
data are such references. Two orders that are told apart although they need not be cost states, never answers.
"""

from collections.abc import Mapping, Sequence

from pcstate.model.network import GlobalState, Network

__all__ = ["CALLERS", "CONNS", "REQUESTS", "Places", "Symmetry"]

_Refs = tuple[tuple[str, int], ...]
CONNS, CALLERS, REQUESTS = "conns", "callers", "all_requests"
Places = Mapping[str, Sequence[int]]
"""Where each connection, caller and request goes, by number."""


class Symmetry:
    """Puts the states of one network in order. `alike` are groups of callers that run the same program."""

    def __init__(self, network: Network, alike: Sequence[Sequence[int]]) -> None:
        self.network = network
        self.width = network.parameters["requests"]
        self.callers = network.parameters["callers"]
        self.alike = [tuple(group) for group in alike if len(group) > 1]
        self.blocks: dict[str, list[tuple[int, ...]]] = {}
        for over in (CONNS, CALLERS, REQUESTS):
            families: dict[str, list[int]] = {}
            for n, component in enumerate(network.components):
                if component.over == over:
                    families.setdefault(component.name, []).append(n)
            self.blocks[over] = list(zip(*families.values(), strict=True))
        initial = network.initial()
        self.unborn = [tuple(initial[c] for c in block) for block in self.blocks[CONNS]]
        self._caller = [next((c for c in block if network.components[c].name == "caller"), -1) for block in self.blocks[CALLERS]]
        references = [dict(network.references.get(component.name, ())) for component in network.components]
        self.references = [tuple(sorted(names.items())) for names in references]
        self._looked: list[dict[int, tuple[int, _Refs]]] = [{} for _ in network.components]
        self._renamed: dict[tuple[int, int, _Refs], int] = {}
        self.trivial = len(self.blocks[CONNS]) < 2 and not self.alike and self.width < 3

    def sort(self, state: GlobalState) -> tuple[GlobalState, tuple[int, ...]]:
        """The representative of all states that differ from `state` in order only; where each caller went, () if nowhere."""
        if self.trivial:
            return state, ()
        looks = [self._look(c, local) for c, local in enumerate(state)]
        places = self._places(state, looks)
        callers = places[CALLERS]
        return self._moved(state, looks, places), () if callers == sorted(callers) else tuple(callers)

    def places(self, state: GlobalState) -> Places:
        """Where `sort` puts everything."""
        if self.trivial:
            return {over: range(len(blocks)) for over, blocks in self.blocks.items()}
        return self._places(state, [self._look(c, local) for c, local in enumerate(state)])

    def moved(self, state: GlobalState, places: Places) -> GlobalState:
        """`state` with everything at the place given for it, and what refers to it by number."""
        return self._moved(state, [self._look(c, local) for c, local in enumerate(state)], places)

    def _places(self, state: GlobalState, looks: Sequence[tuple[int, _Refs]]) -> dict[str, list[int]]:
        held = self._held(looks)
        conns = self.blocks[CONNS]
        conn_keys = [
            (tuple(state[c] for c in block) == unborn, tuple(looks[c][0] for c in block))
            for block, unborn in zip(conns, self.unborn, strict=True)
        ]
        request_keys = [
            (tuple(looks[c][0] for c in block), sorted(conn_keys[j] for j in held.get((REQUESTS, r, CONNS), ())))
            for r, block in enumerate(self.blocks[REQUESTS])
        ]
        callers = list(range(self.callers))
        left = [self._left(state, i) for i in callers]
        for group in self.alike:
            ranked = sorted(group, key=lambda i: self._caller_key(i, looks, conn_keys, request_keys, held, left))
            for place, i in zip(group, ranked, strict=True):
                callers[i] = place
        requests = list(range(len(request_keys)))
        for i, place in enumerate(callers):
            past = sorted(range(i * self.width, i * self.width + left[i]), key=request_keys.__getitem__)
            for k, r in enumerate(past):
                requests[r] = place * self.width + k
            for k in range(left[i], self.width):
                requests[i * self.width + k] = place * self.width + k
        places = {CALLERS: callers, REQUESTS: requests}
        order = sorted(
            range(len(conns)),
            key=lambda j: (conn_keys[j], self._mentions(conns[j], looks, places), sorted(self._mentioned(j, held, places)), j),
        )
        conn_places = [0] * len(order)
        for new, old in enumerate(order):
            conn_places[old] = new
        return {CONNS: conn_places, **places}

    def _look(self, component: int, local: int) -> tuple[int, _Refs]:
        """A configuration with its references taken away, by number, and these."""
        known = self._looked[component]
        if local not in known:
            behaviour = self.network.components[component].behaviour
            data = dict(behaviour.configuration(local).data) if self.references[component] else {}
            refs, neutral = [], local
            for datum, over in self.references[component]:
                value = data.get(datum)  # a scenario's line of steps, in a program's place, has no data
                if isinstance(value, int) and value >= 0:
                    refs.append((over, value))
                    neutral = behaviour.renamed(neutral, datum, 0)
                else:
                    refs.append((over, -1))
            known[local] = (neutral, tuple(refs))
        return known[local]

    def _held(self, looks: Sequence[tuple[int, _Refs]]) -> dict[tuple[str, int, str], list[int]]:
        """Who refers to whom: by kind and number of what is referred to and kind of what refers, the numbers of these."""
        held: dict[tuple[str, int, str], list[int]] = {}
        for over, blocks in self.blocks.items():
            for n, block in enumerate(blocks):
                for c in block:
                    for target, value in looks[c][1]:
                        if value >= 0:
                            held.setdefault((target, value, over), []).append(n)
                            if over == REQUESTS:
                                held.setdefault((over, n, target), []).append(value)
        return held

    def _left(self, state: GlobalState, caller: int) -> int:
        """How many of its requests the caller has left behind."""
        component = self._caller[caller]
        if component < 0:
            return 0
        refs = dict(self.network.components[component].behaviour.configuration(state[component]).data)
        return max(0, int(refs["req"]) - caller * self.width)

    def _caller_key(
        self,
        caller: int,
        looks: Sequence[tuple[int, _Refs]],
        conn_keys: Sequence[tuple[object, ...]],
        request_keys: Sequence[tuple[object, ...]],
        held: Mapping[tuple[str, int, str], list[int]],
        left: Sequence[int],
    ) -> tuple[object, ...]:
        block = self.blocks[CALLERS][caller]
        first = caller * self.width
        past = sorted(request_keys[first : first + left[caller]])
        conns = tuple(conn_keys[value] if value >= 0 else () for c in block for over, value in looks[c][1] if over == CONNS)
        dialers = sorted(conn_keys[j] for j in held.get((CALLERS, caller, CONNS), ()))
        current = tuple(request_keys[first + left[caller] : first + self.width])
        return tuple(looks[c][0] for c in block), left[caller], conns, current, past, dialers

    def _mentions(self, block: Sequence[int], looks: Sequence[tuple[int, _Refs]], places: Places) -> list[int]:
        return [places[over][value] if value >= 0 else -1 for c in block for over, value in looks[c][1] if over in places]

    def _mentioned(self, conn: int, held: Mapping[tuple[str, int, str], list[int]], places: Places) -> list[tuple[str, int]]:
        return [(over, places[over][n]) for over in (CALLERS, REQUESTS) for n in held.get((CONNS, conn, over), ())]

    def _moved(self, state: GlobalState, looks: Sequence[tuple[int, _Refs]], places: Places) -> GlobalState:
        changed = list(state)
        for over, blocks in self.blocks.items():
            for old, block in enumerate(blocks):
                target = blocks[places[over][old]]
                for c, t in zip(block, target, strict=True):
                    changed[t] = self._rename(c, state[c], looks[c][1], places) if looks[c][1] else state[c]
        return tuple(changed)

    def _rename(self, component: int, local: int, refs: _Refs, places: Places) -> int:
        new = tuple((over, places[over][value] if value >= 0 else -1) for over, value in refs)
        if new == refs:
            return local
        key = (component, local, new)
        if key not in self._renamed:
            behaviour, renamed = self.network.components[component].behaviour, local
            for (datum, _), (_, value) in zip(self.references[component], new, strict=True):
                if value >= 0:
                    renamed = behaviour.renamed(renamed, datum, value)
            self._renamed[key] = renamed
        return self._renamed[key]
