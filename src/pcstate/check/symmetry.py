"""Connections are interchangeable: of all orders of the same connections one is kept (Ip and Dill 1996, scalarsets).

A connection is the tuple of its components' configurations; who refers to it by number (a datum named `conn`) is part of
what it is, and is renamed with it. Connections that were never dialled come last, as the dial counter wants it.
"""

from pcstate.model.network import GlobalState, Network

__all__ = ["ConnSymmetry"]


class ConnSymmetry:
    """Sorts the connections of a network's states."""

    def __init__(self, network: Network) -> None:
        self.network = network
        families: dict[str, list[int]] = {}
        for n, component in enumerate(network.components):
            if component.over == "conns":
                families.setdefault(component.name, []).append(n)
        self.blocks = list(zip(*families.values(), strict=True))
        self.unborn = [tuple(network.components[c].initial for c in block) for block in self.blocks]
        self.referring = [
            n
            for n, component in enumerate(network.components)
            if "conn" in dict(component.behaviour.configuration(component.initial).data)
        ]
        self._conn: list[dict[int, int]] = [{} for _ in network.components]
        self._renamed: dict[tuple[int, int, int], int] = {}

    def sort(self, state: GlobalState) -> GlobalState:
        """The representative of all states that differ from `state` in the order of their connections."""
        if len(self.blocks) < 2:
            return state
        references = [(n, self._refers(n, state[n])) for n in self.referring]
        keys = []
        for j, block in enumerate(self.blocks):
            locals_ = tuple(state[c] for c in block)
            keys.append((locals_ == self.unborn[j], locals_, tuple(n for n, conn in references if conn == j), j))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        if order == sorted(order):
            return state
        place = {old: new for new, old in enumerate(order)}
        changed = list(state)
        for new, old in enumerate(order):
            for target, source in zip(self.blocks[new], self.blocks[old], strict=True):
                changed[target] = state[source]
        for n, conn in references:
            if conn >= 0:
                changed[n] = self._rename(n, state[n], place[conn])
        return tuple(changed)

    def _refers(self, component: int, local: int) -> int:
        memory = self._conn[component]
        if local not in memory:
            memory[local] = int(dict(self.network.components[component].behaviour.configuration(local).data)["conn"])
        return memory[local]

    def _rename(self, component: int, local: int, conn: int) -> int:
        key = (component, local, conn)
        if key not in self._renamed:
            self._renamed[key] = self.network.components[component].behaviour.renamed(local, "conn", conn)
        return self._renamed[key]
