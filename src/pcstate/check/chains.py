"""The same search as check/skeleton.py, compiled: what is kept, which chains there are, and where they lead.

In: a network, its reduction, a question. Out: its skeleton, in arrays. Theory of operation: the loops (check/chain_kernels.py)
know of the network what they have been told (check/chain_plan.py). Where they need more they note what it is, and stop; it is
worked out here, in plain Python, by the same code that the plain search uses, and they go on with the step that needed it. So
every configuration and every renaming is worked out once, and what is done for each state is compiled; so is what commutes
(check/commuting_kernels.py).

Which persistent set is found can be another one than the plain search finds, for what was remembered first can differ; so can the
state that stands for those that differ in order only. What is at rest does not.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from pcstate.check import chain_kernels, plan, recall_kernels, symmetry_kernels
from pcstate.check.chain_plan import Asked, Told, Unsuited
from pcstate.check.limits import Headway
from pcstate.check.reduction import Reduction
from pcstate.check.symmetry import CALLERS, NOBODY
from pcstate.model.decision import Decision
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds

__all__ = ["Chains"]

Ints = npt.NDArray[Any]
_ROOM = 2 * chain_kernels.SLACK
_ASKED = 256
"""How many questions the loops may ask at a time."""


class _Locals:
    """The configurations that the search has met of the components of one name, by numbers of their own."""

    def __init__(self) -> None:
        self.real: list[int] = []
        self._number: dict[int, int] = {}

    def number(self, local: int) -> int:
        """The number of a configuration."""
        number = self._number.setdefault(local, len(self.real))
        if number == len(self.real):
            self.real.append(local)
        return number


class Chains:
    """A search under way, or at its end. Raises: `Unsuited` if the network is beyond what its numbers hold."""

    def __init__(self, network: Network, reduction: Reduction, lacks: Decision) -> None:
        self.network, self.reduction = network, reduction
        self._told = Told(network, reduction, lacks)
        self.order, self.plan, self._size = self._told.order, self._told.plan, self._told.size
        self._symmetry = reduction.symmetry
        locals_ = {component.name: _Locals() for component in network.components}
        self._locals = [locals_[component.name] for component in network.components]
        self._rows: dict[tuple[int, int, int, int], tuple[int, list[int]]] = {}
        self._by_state: dict[tuple[int, str], tuple[int, Ints, list[Asked]]] = {}
        self._looks: list[Any] = []
        self._look_keys: dict[tuple[str, Any], int] = {}
        self._state: Any = list(network.initial())
        """A state of which members are changed to ask about them: a list, since a tuple would be made anew for each question."""
        self._prepare_nodes()
        self._prepare_tables()

    def _prepare_nodes(self) -> None:
        self.nodes = np.zeros((self._told.nodes + _ROOM, recall_kernels.COLUMNS), np.int64)
        self.pool = np.zeros(self._told.recent + _ROOM, np.int64)
        self.pool[: self._told.recent] = plan.NO_LOCAL
        end, looks = self._told.recent, self.plan[plan.LOOKS]
        for g, (_, _, block) in enumerate(self._told.objects):
            node = self.plan[looks + g]
            self.nodes[node, recall_kernels.PARTS_AT], self.nodes[node, recall_kernels.PARTS] = end, len(block)
            self.pool[end : end + len(block)] = block
            end += len(block)
        self.reg = np.zeros(plan.REGISTERS, np.int64)
        self.reg[plan.NEXT_NODE], self.reg[plan.NEXT_POOL] = self._told.nodes, end

    def _prepare_tables(self) -> None:
        sets, told = self.reduction.persistent, self._told
        self.by_local = self._by_local(max(64, 2 * int(self.plan[plan.CONNS])))
        facts = len(self.network.apart)
        fixed = plan.HERE + 3 * self._size + facts
        self.masks = np.zeros((fixed + _ROOM, told.words), np.uint64)
        self.reg[plan.NEXT_MASK] = fixed
        for row, mask in ((plan.COUNTED, sets.dependence.counted), (plan.FIRST, sets.first)):
            self.masks[row] = told.mask(mask)
        for row, mask in enumerate(self.reduction.waiting, plan.WAITING):
            self.masks[row] = told.mask(mask)
        for c in range(self._size):
            self.masks[plan.HERE + self._size + c] = told.mask(sets.dependence.parts[c])
            self.masks[plan.HERE + 2 * self._size + facts + c] = told.mask(sets.dependence.joined[c])
        for fact in range(facts):
            self.masks[plan.HERE + 2 * self._size + fact] = told.mask(sets.facts.ends[fact])
        self.slots = np.full(2 * _ROOM, -1, np.int32)
        self.entries = np.zeros((_ROOM, 4), np.int64)
        self.keys = np.zeros(8 * _ROOM, np.int16)
        references = max(len(block.references) * 4 for block in self._symmetry.blocks.values())
        self.looks = np.full((64, symmetry_kernels.REFS + references), -1, np.int32)
        longest = max(self._size, 1 + 2 * max(map(len, self._told.possible)), 2 + references)
        self.key = np.zeros(longest, np.int16)
        self.asked = np.zeros((_ASKED, 3), np.int64)
        self.here, self.there, self.ordered = (np.zeros(self._size, np.int16) for _ in range(3))
        self.places = np.zeros(len(self._told.objects), np.int16)
        self.kept = np.zeros((1024, self._size), np.int16)
        self.starts = np.zeros((4096, self._size), np.int16)
        self.kept_slots, self.start_slots = np.full(4096, -1, np.int32), np.full(1 << 14, -1, np.int32)
        self.first_arrow = np.zeros(1025, np.int64)
        self.chain_end, self.chain_target = np.zeros(4096, np.int64), np.zeros(4096, np.int32)
        self.chain_places = np.zeros((4096, len(self._told.objects)), np.int16)
        self.arrows = np.zeros((_ROOM, 2), np.int32)
        self.vectors = np.zeros(_ROOM, np.uint16)
        for c, local in enumerate(self.network.initial()):
            self.kept[0, c] = self._locals[c].number(local)
        self._prepare_dials()
        self.reg[plan.KEPT] = 1
        chain_kernels.replace(self.kept_slots, self.kept, 1)

    def _prepare_dials(self) -> None:
        """Number what is spent holds from then on, where that is known, and what the component holds that counts the dials."""
        for number, over in enumerate(self.reduction.spent):
            at = self.plan[self.plan[plan.SPENT] + number]
            for place, (c, local) in enumerate(zip(over.objects, over.kept, strict=True)):
                if local >= 0:
                    self.plan[at + 2 * place + 1] = self._locals[c].number(local)
        dials = self._symmetry.dials
        if dials >= 0:
            for count in range(self.plan[plan.CONNS] + 1):
                self.plan[self.plan[plan.DIALLED] + count] = self._locals[dials].number(self._symmetry.dialled(count))

    def _by_local(self, width: int) -> Ints:
        table = np.full((self._told.rows, width), plan.UNKNOWN, np.int32)
        table[: 2 * self._size] = plan.NOTHING
        return table

    # --- what they ask for

    def _supply(self) -> None:
        """Work out what is asked for."""
        supply = (self._supply_rows, self._supply_look, self._supply_renamed)
        for kind, what, where in self.asked[: self.reg[plan.ASKED]].tolist():
            supply[kind](what, where)
        met = max(len(locals_.real) for locals_ in self._locals)
        if met > np.iinfo(np.int16).max:
            raise Unsuited
        if met > self.by_local.shape[1]:
            wider = self._by_local(2 * met)
            wider[:, : self.by_local.shape[1]] = self.by_local
            self.by_local = wider

    def _supply_rows(self, component: int, number: int) -> None:
        """All that is asked about one configuration of a component."""
        if self.by_local[component, number] != plan.NOTHING:
            return
        locals_ = self._locals[component]
        local, behaviour = locals_.real[number], self.network.components[component].behaviour
        refused, rows, events = self._asked_in(component, local)
        changes, stopped, offers = refused, 0, 0
        self.by_local[rows, number] = -1
        for event, row, who, also, unless in events:
            target = behaviour.step(local, event)
            if target < 0:
                refused |= who
                changes |= who
            else:
                offers |= who
                refused |= unless
                stopped |= unless
                if target != local:
                    changes |= who | also
                self.by_local[row, number] = locals_.number(target)
        row, roles = self._rows_of(component, ~refused, changes, stopped)
        self.by_local[self._told.possible[component], number] = roles
        for datum, lets_go in self._told.lets_go[component].items():
            self.by_local[lets_go, number] = locals_.number(behaviour.renamed(local, datum, NOBODY))
        before, self._state[component] = self._state[component], local
        for atom, ask in self._told.atoms[component]:
            self.by_local[atom, number] = ask(self._state)
        self._state[component] = before
        self.by_local[self._size + component, number] = bool(offers)
        self.by_local[component, number] = row

    def _rows_of(self, component: int, allowed: int, changes: int, stopped: int) -> tuple[int, list[int]]:
        """The first of the rows of masks that are these, and which of a component's roles are allowed, as numbers. Few
        configurations differ in them, so that what the loops read of many stays near the processor."""
        found = self._rows.get((component, allowed, changes, stopped))
        if found is None:
            row = int(self.reg[plan.NEXT_MASK])
            self.reg[plan.NEXT_MASK] += 3
            for place, members in ((plan.ALLOWED, allowed), (plan.CHANGES, changes), (plan.STOPPED, stopped)):
                self.masks[row + place] = self._told.packed(members)
            roles, width = self._told.roles[component], plan.ROLE_BITS
            words = [roles[begin : begin + width] for begin in range(0, len(roles), width)]
            found = row, [sum(1 << k for k, members in enumerate(word) if members & allowed) for word in words]
            self._rows[component, allowed, changes, stopped] = found
        return found

    def _asked_in(self, component: int, local: int) -> tuple[int, Ints, list[Asked]]:
        """Of a component in the state of a configuration: the vectors that it keeps from firing whatever its data, the rows of
        all its events, and those that it may take."""
        behaviour = self.network.components[component].behaviour
        state = behaviour.configuration(local).state
        found = self._by_state.get((component, state))
        if found is None:
            refused, rows, events = 0, [], []
            for name, who, each in self._told.events[component]:
                rows += [row for _, row, *_ in each]
                if behaviour.may(local, name):
                    events += each
                else:
                    refused |= who
            found = self._by_state[component, state] = refused, np.array(rows, np.int64), events
        return found

    def _key(self, entry: int, size: int) -> list[int]:
        at = self.entries[entry, recall_kernels.KEY]
        found: list[int] = self.keys[at : at + size].tolist()
        return found

    def _supply_look(self, g: int, entry: int) -> None:
        kind, n, block = self._told.objects[g]
        held = tuple(self._locals[c].real[number] for c, number in zip(block, self._key(entry, len(block)), strict=True))
        look = self._symmetry.blocks[kind].look(n, held)
        number = len(self._looks)
        self._looks.append(look)
        if number == len(self.looks):
            self.looks = _grown(self.looks)
        key = self._look_keys.setdefault((kind, look.key), len(self._look_keys))
        left = int(look.key[0])
        if kind == CALLERS:
            for c, local in zip(block, held, strict=True):
                self._state[c] = local
            left = self._symmetry.left(self._state, n)
        self.looks[number, : symmetry_kernels.REFS] = key, left
        self.looks[number, symmetry_kernels.REFS :][: len(look.refs)] = [value for _, value in look.refs]
        self.entries[entry, recall_kernels.VALUE] = number

    def _supply_renamed(self, g: int, entry: int) -> None:
        kind, n, block = self._told.objects[g]
        size = 1 + sum(map(len, self._symmetry.blocks[kind].references))
        look, *values = self._key(entry, size)
        moved = self._symmetry.blocks[kind].rename(n, self._looks[look], iter(values))
        at = int(self.reg[plan.NEXT_POOL])
        self.pool[at : at + len(block)] = [self._locals[c].number(local) for c, local in zip(block, moved, strict=True)]
        self.reg[plan.NEXT_POOL] = at + len(block)
        self.entries[entry, recall_kernels.VALUE] = at

    # --- the search

    def run(self, bounds: Bounds, spent: float = 0.0, headway: Headway | None = None) -> None:
        """Search to the end or to one of the limits; `stopped` says which. So many seconds are `spent` already; what it takes to
        compile the loops is not counted. `headway` is told of kept states."""
        self._go_on(-1)
        begin, why = time.monotonic() - spent, plan.PAUSE
        self.stopped = ""
        while why not in (plan.DONE, plan.TOO_SMALL):
            why = self._go_on(bounds.max_states)
            if why == plan.MISSING:
                self._supply()
            elif why == plan.FULL:
                self._make_room()
            if headway:
                headway(int(self.reg[plan.CURRENT]), int(self.reg[plan.KEPT]))
            if time.monotonic() - begin > bounds.timeout:
                self.stopped = f"timeout of {bounds.timeout:g} s"
                break
        self.short = why == plan.TOO_SMALL
        if self.reg[plan.KEPT] > bounds.max_states:
            self.stopped = f"limit of {bounds.max_states:,} states"
        self.seconds = time.monotonic() - begin

    def _go_on(self, most: int) -> int:
        """Let the loops run for a while, or until there are more than so many states; why they have stopped."""
        why: int = chain_kernels.search(
            self.plan, self.by_local, self.masks, self.reg, self.asked, self.slots, self.entries, self.keys, self.nodes,
            self.pool, self.looks, self.key, self.here, self.there, self.ordered, self.places, self.kept, self.kept_slots,
            self.first_arrow, self.starts, self.start_slots, self.chain_end, self.chain_target, self.chain_places,
            self.arrows, self.vectors, most,
        )  # fmt: skip
        return why

    def _make_room(self) -> None:
        """Enlarge what is nearly full."""
        reg, slack = self.reg, chain_kernels.SLACK
        tops = {
            "masks": plan.NEXT_MASK, "entries": plan.NEXT_ENTRY, "keys": plan.NEXT_KEY, "nodes": plan.NEXT_NODE,
            "pool": plan.NEXT_POOL, "arrows": plan.ARROWS, "vectors": plan.FOLLOWED,
        }  # fmt: skip
        for name, top in tops.items():
            if reg[top] + slack > len(getattr(self, name)):
                setattr(self, name, _grown(getattr(self, name)))
        if len(self.slots) < 2 * len(self.entries):
            self.slots = np.full(2 * len(self.slots), -1, np.int32)
            chain_kernels.rehash(self.slots, self.entries, reg[plan.NEXT_ENTRY])
        if reg[plan.KEPT] + 1 >= len(self.kept):
            self.kept, self.first_arrow = _grown(self.kept), _grown(self.first_arrow)
            self.kept_slots = np.full(2 * len(self.kept_slots), -1, np.int32)
            chain_kernels.replace(self.kept_slots, self.kept, reg[plan.KEPT])
        if reg[plan.CHAINS] + 1 >= len(self.starts):
            for name in ("starts", "chain_end", "chain_target", "chain_places"):
                setattr(self, name, _grown(getattr(self, name)))
            self.start_slots = np.full(2 * len(self.start_slots), -1, np.int32)
            chain_kernels.replace(self.start_slots, self.starts, reg[plan.CHAINS] + (reg[plan.PHASE] == plan.FOLLOW))

    @property
    def real(self) -> list[list[int]]:
        """For each component the configurations behind the numbers of the loops."""
        return [locals_.real for locals_ in self._locals]


def _grown(array: Ints) -> Ints:
    """The array at the beginning of one twice as long."""
    grown = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
