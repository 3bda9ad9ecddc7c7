"""The same search as check/skeleton.py, compiled: what is kept, which chains there are, and where they lead.

In: a network, its reduction, a question. Out: its skeleton, in arrays. Theory of operation: the loops (check/chain_kernels.py)
know of the network what they have been told. Where they need more they note what it is, and stop; it is worked out here, in plain
Python, by the same code that the plain search uses, and they go on with the step that needed it. So every configuration and every
renaming is worked out once, and what is done for each state is compiled; so is what commutes (check/commuting_kernels.py).

Which persistent set is found can be another one than the plain search finds, for what was remembered first can differ; so can the
state that stands for those that differ in order only. What is at rest does not.
"""

import functools
import operator
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pcstate.check import chain_kernels, plan, recall_kernels, symmetry_kernels
from pcstate.check.bits import bits
from pcstate.check.reduction import Reduction
from pcstate.check.symmetry import CALLERS, CONNS, REQUESTS
from pcstate.model.decision import Ask, Decision, Junction
from pcstate.model.formula import take_apart
from pcstate.model.lts import Event
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds

__all__ = ["KINDS", "Chains", "Unsuited"]

Ints = npt.NDArray[Any]
KINDS = (CONNS, CALLERS, REQUESTS)
_ROOM = 2 * chain_kernels.SLACK
_ASKED = 256
"""How many questions the loops may ask at a time."""
_LARGEST = 1 << 23
"""How many components times vectors are worth it: a table has a place for each pair."""


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


class _Plan:
    """The array that says what the network is, while it is put together."""

    def __init__(self) -> None:
        self.numbers = [0] * plan.SECTIONS

    def put(self, section: int, numbers: Sequence[int]) -> None:
        """A list, as that section."""
        self.numbers[section] = len(self.numbers)
        self.numbers += numbers

    def put_lists(self, section: int, lists: Sequence[Sequence[int]]) -> None:
        """A list of lists, as that section."""
        at = len(self.numbers) + len(lists) + 1
        begins = [at]
        for each in lists:
            begins.append(begins[-1] + len(each))
        self.put(section, begins + [number for each in lists for number in each])


class Chains:
    """A search under way, or at its end. Raises: `Unsuited` if the network is beyond what its numbers hold."""

    def __init__(self, network: Network, reduction: Reduction, lacks: Decision) -> None:
        self.network, self.reduction = network, reduction
        self._size = len(network.components)
        self._sets, self._symmetry = reduction.persistent, reduction.symmetry
        roles = [self._sets.dependence.roles(c) for c in range(self._size)]
        self._questions: list[Decision] = [take_apart(fact.formula, network, fact.names) for fact in network.apart]
        self._questions += [take_apart(spent.formula, network, spent.names) for spent in network.spent]
        self._questions.append(lacks)
        facts = len(network.apart)
        if (
            self._size > plan.LONG or len(network.vectors) >= 1 << 16 or facts > plan.LONG // 2
            or max(map(len, roles)) > plan.LONG
            or self._size * len(network.vectors) > _LARGEST
            or any(len(ask.components) > 1 for question in self._questions for ask in question.asks())
        ):  # fmt: skip
            raise Unsuited
        locals_ = {component.name: _Locals() for component in network.components}
        self._locals = [locals_[component.name] for component in network.components]
        self._objects = [(kind, n, block) for kind in KINDS for n, block in enumerate(self._symmetry.blocks[kind].components)]
        self._looks: list[Any] = []
        self._look_keys: dict[tuple[str, Any], int] = {}
        self._words = (len(network.vectors) + 63) // 64
        self.order = sorted(range(len(network.vectors)), key=self._group)
        """The vectors in the order of the loops: those of one connection side by side, so that their sets fill few words."""
        self._number = {number: place for place, number in enumerate(self.order)}
        self._roles = [[sum(1 << self._number[vector] for vector in bits(members)) for _, members in each] for each in roles]
        """For each component the vectors, in the order of the loops, that ask the same of it: a set for each role."""
        self._rows: dict[tuple[str, int, Event], int] = {}
        self._events: list[list[tuple[Any, int, int, int, int]]] = []
        """For each component the events that are asked of it: each with its row, in which vectors' `who`, `also`, `unless`."""
        self._possible: list[range] = []
        """For each component the rows that say which of its roles keep no vector from firing."""
        self._atoms: list[list[tuple[int, Ask]]] = [[] for _ in network.components]
        self._state: Any = list(network.initial())
        """A state of which members are changed to ask about them: a list, since a tuple would be made anew for each question."""
        self._prepare_rows()
        self._prepare_plan()
        self._prepare_tables()

    def _group(self, number: int) -> tuple[int, int, int]:
        """Which connection a vector moves, and which caller; those of several come last, of none first."""
        found = []
        for kind in (CONNS, CALLERS):
            block = self._symmetry.blocks[kind].components
            moved = {c for c, _ in (*self.network.vectors[number].who, *self.network.vectors[number].also)}
            of = [n for n, components in enumerate(block) if moved.intersection(components)]
            found.append(-1 if not of else of[0] if len(of) == 1 else len(block))
        return found[0], found[1], number

    # --- what the loops are told at first

    def _prepare_rows(self) -> None:
        """Give every question about one component its row of `by_local`."""
        asked: list[dict[Any, list[int]]] = [{} for _ in range(self._size)]
        for number, v in enumerate(self.network.vectors):
            for which, parts in enumerate((v.who, v.also, v.unless)):
                for c, event in parts:
                    asked[c].setdefault(event, [0, 0, 0])[which] |= 1 << self._number[number]
        self._next_row = 2 * self._size
        for c, events in enumerate(asked):
            self._events.append([(event, self._row(c, event), *vectors) for event, vectors in events.items()])
        for roles in self._roles:
            self._possible.append(range(self._next_row, self._next_row + -(-len(roles) // plan.ROLE_BITS)))
            self._next_row = self._possible[-1].stop

    def _row(self, component: int, event: Any) -> int:
        key = self.network.components[component].name, id(self.network.components[component].behaviour), event
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._next_row
            self._next_row += 1
        return row

    def _jumps(self, numbers: list[int], question: Decision, no: int, yes: int) -> int:
        """Append the jumps of a question to `numbers`, and say where they begin."""
        if isinstance(question, Junction):
            for part in reversed(question.parts):
                begin = self._jumps(numbers, part, no, yes)
                no, yes = (begin, yes) if question.some else (no, begin)
            return no if question.some else yes
        if not question.components:
            return yes if question(tuple(self._state)) else no
        (component,) = question.components
        numbers += [self._next_row, component, no, yes]
        self._atoms[component].append((self._next_row, question))
        self._next_row += 1
        return len(numbers) - 4

    def _prepare_plan(self) -> None:
        network, sets, made = self.network, self._sets, _Plan()
        vectors, dependence = [network.vectors[number] for number in self.order], sets.dependence
        place = [sets.place[number] for number in self.order]
        names = {name: number for number, name in enumerate(dict.fromkeys(sets.name))}
        facts, spents = len(network.apart), len(network.spent)
        put, lists = made.put, made.put_lists
        scalars = made.numbers
        scalars[plan.SIZE], scalars[plan.VECTORS] = self._size, len(vectors)
        for section, kind in zip((plan.CONNS, plan.CALLERS, plan.REQUESTS), KINDS, strict=True):
            scalars[section] = len(self._symmetry.blocks[kind].components)
        scalars[plan.WIDTH], scalars[plan.TRIVIAL] = self._symmetry.width, int(self._symmetry.trivial)
        scalars[plan.NAMES], scalars[plan.SPENTS], scalars[plan.FIRST_SPENT] = len(names), spents, facts
        scalars[plan.LACKS] = facts + spents
        scalars[plan.ALIKES] = len(self._symmetry.alike)
        lists(plan.WHO, [[c for c, _ in v.who] for v in vectors])
        lists(plan.MOVED, [[n for c, event in (*v.who, *v.also) for n in (c, self._row(c, event))] for v in vectors])
        lists(plan.MOBILE, [dependence.components(number) for number in self.order])
        asking = [
            functools.reduce(operator.or_, (who | also | unless for _, _, who, also, unless in events), 0)
            for events in self._events
        ]
        words = [self._words_of(self._packed(members)) for members in asking]
        lists(plan.WORDS, words)
        lists(plan.SHARES, [self._shares(c, word) for c, each in enumerate(words) for word in each])
        lists(plan.ABOUT, [sets.facts_about[number] for number in self.order])
        lists(plan.END_WORDS, [self._words_of(self._mask(ends)) for ends in sets.ends])
        first_end = plan.HERE + 2 * self._size
        put(plan.ENDS, range(first_end, first_end + facts))
        put(plan.OFF, [int(bool(fact.off)) for fact in network.apart])
        put(plan.RANK, sets.rank)
        put(plan.PLACE, place)
        put(plan.SEED_AT, sorted(range(len(vectors)), key=place.__getitem__))
        put(plan.NAME, [names[vector.name] for vector in vectors])
        put(plan.LUCK, [0] * (2 * len(names)))
        put(plan.ROLES, list(map(len, self._possible)))
        put(plan.POSSIBLE, [rows.start for rows in self._possible])
        lists(plan.PLAYS, [[row for members in roles for row in self._play(c, members)] for c, roles in enumerate(self._roles)])
        lists(plan.SPENT, [[n for c in spent.objects for n in (c, -1)] for spent in network.spent])
        lists(plan.OBJECT, [block for _, _, block in self._objects])
        kinds = {kind: number for number, kind in enumerate(KINDS)}
        lists(plan.REFERENCES, [
            [kinds[over] for references in self._symmetry.blocks[kind].references for _, over in references] for kind in KINDS
        ])  # fmt: skip
        lists(plan.ALIKE, self._symmetry.alike)
        made.put(plan.JUMPS, [0] * len(self._questions))
        jumps = scalars[plan.JUMPS]
        for number, question in enumerate(self._questions):
            scalars[jumps + number] = self._jumps(scalars, question, plan.NO, plan.YES)
        self._prepare_nodes(made)
        self.plan = np.array(scalars, np.int64)

    def _play(self, component: int, members: int) -> list[int]:
        """The rows of what vectors that share a role ask of a component, in `who`, `also` and `unless`; -1 where nothing."""
        vector = self.network.vectors[self.order[next(bits(members))]]
        asked = [dict(parts).get(component) for parts in (vector.who, vector.also, vector.unless)]
        return [-1 if event is None else self._row(component, event) for event in asked]

    def _shares(self, component: int, word: int) -> list[int]:
        """Of a component's roles that have members in a word: where a key holds the role, its bit there, and these members."""
        found = []
        for number, members in enumerate(self._roles[component]):
            within = members >> 64 * word & (1 << 64) - 1
            if within:
                found += [number // plan.ROLE_BITS, 1 << number % plan.ROLE_BITS, within - (within >> 63 << 64)]
        return found

    def _prepare_nodes(self, made: _Plan) -> None:
        """The nodes that there are from the beginning: heads of lists, then those of components and objects."""
        vectors, objects = len(self.network.vectors), len(self._objects)
        made.numbers[plan.HEADS] = 1
        at = 1 + 3 * vectors
        for section, count in ((plan.MEANWHILE, self._size), (plan.LOOKS, objects), (plan.RENAMED, objects)):
            made.put(section, range(at, at + count))
            at += count
        self.nodes = np.zeros((at + _ROOM, recall_kernels.COLUMNS), np.int64)
        self.pool = np.zeros(_ROOM, np.int64)
        end, looks = 0, made.numbers[plan.LOOKS]
        for g, (_, _, block) in enumerate(self._objects):
            node = made.numbers[looks + g]
            self.nodes[node, recall_kernels.PARTS_AT], self.nodes[node, recall_kernels.PARTS] = end, len(block)
            self.pool[end : end + len(block)] = block
            end += len(block)
        self.reg = np.zeros(plan.REGISTERS, np.int64)
        self.reg[plan.NEXT_NODE], self.reg[plan.NEXT_POOL] = at, end

    def _prepare_tables(self) -> None:
        sets = self._sets
        self.by_local = self._by_local(64)
        facts = len(self.network.apart)
        fixed = plan.HERE + 2 * self._size + facts
        self.masks = np.zeros((fixed + _ROOM, self._words), np.uint64)
        self.reg[plan.NEXT_MASK] = fixed
        for row, mask in ((plan.COUNTED, sets.dependence.counted), (plan.FIRST, sets.first)):
            self.masks[row] = self._mask(mask)
        for row, mask in enumerate(self.reduction.waiting, plan.WAITING):
            self.masks[row] = self._mask(mask)
        for c in range(self._size):
            self.masks[plan.HERE + self._size + c] = self._mask(sets.dependence.parts[c])
        for fact in range(facts):
            self.masks[plan.HERE + 2 * self._size + fact] = self._mask(sets.ends[fact])
        self.slots = np.full(2 * _ROOM, -1, np.int32)
        self.entries = np.zeros((_ROOM, 4), np.int64)
        self.keys = np.zeros(8 * _ROOM, np.int16)
        references = max(len(block.references) * 4 for block in self._symmetry.blocks.values())
        self.looks = np.full((64, symmetry_kernels.REFS + references), -1, np.int32)
        longest = max(self._size, 1 + 2 * max(map(len, self._possible)), 2 + references)
        self.key = np.zeros(longest, np.int16)
        self.asked = np.zeros((_ASKED, 3), np.int64)
        self.here, self.there, self.ordered = (np.zeros(self._size, np.int16) for _ in range(3))
        self.places = np.zeros(len(self._objects), np.int16)
        self.kept = np.zeros((1024, self._size), np.int16)
        self.starts = np.zeros((4096, self._size), np.int16)
        self.kept_slots, self.start_slots = np.full(4096, -1, np.int32), np.full(1 << 14, -1, np.int32)
        self.first_arrow = np.zeros(1025, np.int64)
        self.chain_end, self.chain_target = np.zeros(4096, np.int64), np.zeros(4096, np.int32)
        self.chain_places = np.zeros((4096, len(self._objects)), np.int16)
        self.arrows = np.zeros((_ROOM, 2), np.int32)
        self.vectors = np.zeros(_ROOM, np.uint16)
        for c, local in enumerate(self.network.initial()):
            self.kept[0, c] = self._locals[c].number(local)
        self.reg[plan.KEPT] = 1
        chain_kernels.replace(self.kept_slots, self.kept, 1)

    def _by_local(self, width: int) -> Ints:
        table = np.full((self._next_row, width), plan.UNKNOWN, np.int32)
        table[: 2 * self._size] = plan.NOTHING
        return table

    def _packed(self, members: int) -> Ints:
        """A set of vectors, as the loops number them, as words."""
        members &= (1 << 64 * self._words) - 1
        return np.frombuffer(members.to_bytes(8 * self._words, "little"), np.uint64)

    def _mask(self, members: int) -> Ints:
        """A set of the network's vectors as words."""
        each = np.unpackbits(self._packed(members).view(np.uint8), bitorder="little")
        each[: len(self.order)] = each[self.order]
        return np.packbits(each, bitorder="little").view(np.uint64)

    def _words_of(self, words: Ints) -> list[int]:
        """Those of the words that are not empty."""
        found: list[int] = words.nonzero()[0].tolist()
        return found

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
        local, step = locals_.real[number], self.network.components[component].behaviour.step
        refused = changes = stopped = offers = 0
        for event, row, who, also, unless in self._events[component]:
            target = step(local, event)
            if target < 0:
                refused |= who
                changes |= who
            else:
                offers |= who
                refused |= unless
                stopped |= unless
                if target != local:
                    changes |= who | also
            self.by_local[row, number] = locals_.number(target) if target >= 0 else -1
        row = int(self.reg[plan.NEXT_MASK])
        self.reg[plan.NEXT_MASK] += 3
        self.masks[row], self.masks[row + plan.CHANGES], self.masks[row + plan.STOPPED] = map(
            self._packed, (~refused, changes, stopped)
        )
        for word, possible in enumerate(self._possible[component]):
            roles = self._roles[component][word * plan.ROLE_BITS :][: plan.ROLE_BITS]
            self.by_local[possible, number] = sum(1 << k for k, members in enumerate(roles) if members & ~refused)
        before, self._state[component] = self._state[component], local
        for atom, ask in self._atoms[component]:
            self.by_local[atom, number] = ask(self._state)
        self._state[component] = before
        self.by_local[self._size + component, number] = bool(offers)
        self.by_local[component, number] = row

    def _key(self, entry: int, size: int) -> list[int]:
        at = self.entries[entry, recall_kernels.KEY]
        found: list[int] = self.keys[at : at + size].tolist()
        return found

    def _supply_look(self, g: int, entry: int) -> None:
        kind, n, block = self._objects[g]
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
        kind, n, block = self._objects[g]
        size = 1 + sum(map(len, self._symmetry.blocks[kind].references))
        look, *values = self._key(entry, size)
        moved = self._symmetry.blocks[kind].rename(n, self._looks[look], iter(values))
        at = int(self.reg[plan.NEXT_POOL])
        self.pool[at : at + len(block)] = [self._locals[c].number(local) for c, local in zip(block, moved, strict=True)]
        self.reg[plan.NEXT_POOL] = at + len(block)
        self.entries[entry, recall_kernels.VALUE] = at

    # --- the search

    def run(self, bounds: Bounds, spent: float = 0.0) -> None:
        """Search to the end or to one of the limits; `stopped` says which. So many seconds are `spent` already; what it takes to
        compile the loops is not counted."""
        self._go_on(-1)
        begin, why = time.monotonic() - spent, plan.PAUSE
        self.stopped = ""
        while why not in (plan.DONE, plan.TOO_SMALL):
            why = self._go_on(bounds.max_states)
            if why == plan.MISSING:
                self._supply()
            elif why == plan.FULL:
                self._make_room()
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


class Unsuited(Exception):
    """The network has more of something than the search has numbers for."""
