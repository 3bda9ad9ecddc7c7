"""What the compiled search (check/chains.py) tells its loops of a network before they begin, as check/plan.py lays it out.

In: a network, its reduction, a question. Out: `plan`, and the numbers by which vectors, questions and objects go.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pcstate.check import plan
from pcstate.check.bits import bits, either
from pcstate.check.reduction import Reduction
from pcstate.check.symmetry import CALLERS, CONNS, REQUESTS
from pcstate.model.decision import Ask, Decision, Junction
from pcstate.model.formula import take_apart
from pcstate.model.lts import Event
from pcstate.model.network import Network

__all__ = ["KINDS", "Asked", "Told", "Unsuited"]

Ints = npt.NDArray[Any]
KINDS = (CONNS, CALLERS, REQUESTS)
_LARGEST = 1 << 23
"""How many components times vectors are worth it: tables have a bit for each pair."""


class Unsuited(Exception):
    """The network has more of something than the search has numbers for."""


Asked = tuple[Event, int, int, int, int]
"""An event that is asked of a component: its row, and in which vectors' `who`, `also`, `unless`."""


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


class Told:
    """What the loops are told of a network, its reduction and a question. Raises: `Unsuited` if it is beyond what their numbers
    hold."""

    def __init__(self, network: Network, reduction: Reduction, lacks: Decision) -> None:
        self.network, self.size = network, len(network.components)
        self._sets, self._symmetry = reduction.persistent, reduction.symmetry
        roles = [self._sets.dependence.roles(c) for c in range(self.size)]
        self._questions: list[Decision] = [take_apart(fact.formula, network, fact.names) for fact in network.apart]
        self._questions += [take_apart(spent.formula, network, spent.names) for spent in network.spent]
        self._questions.append(lacks)
        facts = len(network.apart)
        if (
            self.size > plan.LONG or len(network.vectors) >= 1 << 16 or facts > plan.LONG // 2
            or max(map(len, roles)) > plan.LONG
            or self.size * len(network.vectors) > _LARGEST
            or any(len(ask.components) > 1 for question in self._questions for ask in question.asks())
        ):  # fmt: skip
            raise Unsuited
        self.objects = [(kind, n, block) for kind in KINDS for n, block in enumerate(self._symmetry.blocks[kind].components)]
        self.words = (len(network.vectors) + 63) // 64
        """How many words a set of vectors has."""
        self.order = sorted(range(len(network.vectors)), key=self._group)
        """The vectors in the order of the loops: those of one connection side by side, so that their sets fill few words."""
        self._number = {number: place for place, number in enumerate(self.order)}
        self.roles = [[sum(1 << self._number[vector] for vector in bits(members)) for _, members in each] for each in roles]
        """For each component the vectors, in the order of the loops, that ask the same of it: a set for each role."""
        self._rows: dict[tuple[str, int, Event], int] = {}
        self.events: list[list[tuple[str, int, list[Asked]]]] = []
        """For each component the events that are asked of it, by name, with the vectors that need one of that name."""
        self.possible: list[range] = []
        """For each component the rows that say which of its roles keep no vector from firing."""
        self._asks: dict[Any, int] = {}
        self.lets_go: list[dict[str, int]] = [{} for _ in network.components]
        """For each component its data that may be spent by themselves, each with the row of what it holds without."""
        self.atoms: list[list[tuple[int, Ask]]] = [[] for _ in network.components]
        """For each component the questions about it alone, each with its row."""
        self._prepare_rows()
        self.plan = self._plan()
        self.rows = self._next_row
        """How many questions about one component there are."""

    def _group(self, number: int) -> tuple[int, int, int]:
        """Which connection a vector moves, and which caller; those of several come last, of none first."""
        found = []
        for kind in (CONNS, CALLERS):
            block = self._symmetry.blocks[kind].components
            moved = {c for c, _ in (*self.network.vectors[number].who, *self.network.vectors[number].also)}
            of = [n for n, components in enumerate(block) if moved.intersection(components)]
            found.append(-1 if not of else of[0] if len(of) == 1 else len(block))
        return found[0], found[1], number

    def _prepare_rows(self) -> None:
        """Give every question about one component its row of `by_local`."""
        asked: list[dict[Any, list[int]]] = [{} for _ in range(self.size)]
        for number, v in enumerate(self.network.vectors):
            for which, parts in enumerate((v.who, v.also, v.unless)):
                for c, event in parts:
                    asked[c].setdefault(event, [0, 0, 0])[which] |= 1 << self._number[number]
        self._next_row = 2 * self.size
        for c, events in enumerate(asked):
            by_name: dict[str, list[Asked]] = {}
            for event, (who, also, unless) in events.items():
                by_name.setdefault(event.name, []).append((event, self._row(c, event), who, also, unless))
            self.events.append([(name, either(who for _, _, who, *_ in each), each) for name, each in by_name.items()])
        for roles in self.roles:
            self.possible.append(range(self._next_row, self._next_row + -(-len(roles) // plan.ROLE_BITS)))
            self._next_row = self.possible[-1].stop

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
            return yes if question(self.network.initial()) else no
        (component,) = question.components
        key = component, question if question.key is None else question.key
        if key not in self._asks:
            self._asks[key] = self._next_row
            self.atoms[component].append((self._next_row, question))
            self._next_row += 1
        numbers += [self._asks[key], component, no, yes]
        return len(numbers) - 4

    def _plan(self) -> Ints:
        network, sets, made = self.network, self._sets, _Plan()
        vectors, dependence = [network.vectors[number] for number in self.order], sets.dependence
        place = [sets.place[number] for number in self.order]
        names = {name: number for number, name in enumerate(dict.fromkeys(sets.name))}
        facts, spents = len(network.apart), len(network.spent)
        put, lists = made.put, made.put_lists
        scalars = made.numbers
        scalars[plan.SIZE], scalars[plan.VECTORS] = self.size, len(vectors)
        for section, kind in zip((plan.CONNS, plan.CALLERS, plan.REQUESTS), KINDS, strict=True):
            scalars[section] = len(self._symmetry.blocks[kind].components)
        scalars[plan.WIDTH], scalars[plan.TRIVIAL] = self._symmetry.width, int(self._symmetry.trivial)
        scalars[plan.SPENTS], scalars[plan.FIRST_SPENT] = spents, facts
        scalars[plan.LACKS] = facts + spents
        scalars[plan.ALIKES] = len(self._symmetry.alike)
        lists(plan.WHO, [[c for c, _ in v.who] for v in vectors])
        lists(plan.MOVED, [[n for c, event in (*v.who, *v.also) for n in (c, self._row(c, event))] for v in vectors])
        lists(plan.MOBILE, [dependence.components(number) for number in self.order])
        asking = [either(v for _, _, each in asked for _, _, *vectors in each for v in vectors) for asked in self.events]
        words = [self._words_of(self.packed(members)) for members in asking]
        lists(plan.WORDS, words)
        ends = list(itertools.accumulate((2 + 2 * len(each) << plan.WAYS_BITS for each in words), initial=0))
        put(plan.RECENT, ends[:-1])
        self.recent = ends[-1]
        lists(plan.SHARES, [self._shares(c, word) for c, each in enumerate(words) for word in each])
        between = [sets.facts.between[number] for number in self.order]
        lists(plan.BETWEEN, [[n for c, each in some.items() for n in (c, len(each), *each)] for some in between])
        lists(plan.ABOUT, [sets.facts.about[number] for number in self.order])
        lists(plan.END_WORDS, [self._words_of(self.mask(ends)) for ends in sets.facts.ends])
        first_end = plan.HERE + 2 * self.size
        put(plan.ENDS, range(first_end, first_end + facts))
        put(plan.OFF, [int(bool(fact.off)) for fact in network.apart])
        put(plan.RANK, sets.rank)
        put(plan.PLACE, place)
        put(plan.LATE, [int(sets.late[number]) for number in self.order])
        put(plan.SEED_AT, sorted(range(len(vectors)), key=place.__getitem__))
        put(plan.NAME, [names[vector.name] for vector in vectors])
        put(plan.LUCK, [0] * len(names))
        put(plan.ROLES, list(map(len, self.possible)))
        put(plan.POSSIBLE, [rows.start for rows in self.possible])
        lists(plan.PLAYS, [[row for members in roles for row in self._play(c, members)] for c, roles in enumerate(self.roles)])
        lists(plan.SPENT, [[n for c in each.objects for n in (c, self._from_then_on(c, each.datum))] for each in network.spent])
        scalars[plan.DIALS] = self._symmetry.dials
        put(plan.DIALLED, [0] * (scalars[plan.CONNS] + 1))
        lists(plan.OBJECT, [block for _, _, block in self.objects])
        kinds = {kind: number for number, kind in enumerate(KINDS)}
        lists(plan.REFERENCES, [
            [kinds[over] for references in self._symmetry.blocks[kind].references for _, over in references] for kind in KINDS
        ])  # fmt: skip
        lists(plan.ALIKE, self._symmetry.alike)
        put(plan.JUMPS, [0] * len(self._questions))
        jumps = scalars[plan.JUMPS]
        for number, question in enumerate(self._questions):
            scalars[jumps + number] = self._jumps(scalars, question, plan.NO, plan.YES)
        self._place_nodes(made)
        return np.array(scalars, np.int64)

    def _from_then_on(self, component: int, datum: str) -> int:
        """What a component holds once it is spent: as it is met, or where to find what it holds without a datum."""
        if not datum:
            return plan.AS_MET
        rows = self.lets_go[component]
        if datum not in rows:
            rows[datum] = self._next_row
            self._next_row += 1
        return plan.LETS_GO - rows[datum]

    def _play(self, component: int, members: int) -> list[int]:
        """The rows of what vectors that share a role ask of a component, in `who`, `also` and `unless`; -1 where nothing."""
        vector = self.network.vectors[self.order[next(bits(members))]]
        asked = [dict(parts).get(component) for parts in (vector.who, vector.also, vector.unless)]
        return [-1 if event is None else self._row(component, event) for event in asked]

    def _shares(self, component: int, word: int) -> list[int]:
        """Of a component's roles that have members in a word: where a key holds the role, its bit there, and these members."""
        found = []
        for number, members in enumerate(self.roles[component]):
            within = members >> 64 * word & (1 << 64) - 1
            if within:
                found += [number // plan.ROLE_BITS, 1 << number % plan.ROLE_BITS, within - (within >> 63 << 64)]
        return found

    def _place_nodes(self, made: _Plan) -> None:
        """Say where the nodes are that there are from the beginning: heads of lists, then those of components and objects."""
        made.numbers[plan.HEADS] = 1
        self.nodes = 1 + 3 * len(self.order)
        for section, count in ((plan.MEANWHILE, self.size), (plan.LOOKS, len(self.objects)), (plan.RENAMED, len(self.objects))):
            made.put(section, range(self.nodes, self.nodes + count))
            self.nodes += count

    def packed(self, members: int) -> Ints:
        """A set of vectors, as the loops number them, as words."""
        members &= (1 << 64 * self.words) - 1
        return np.frombuffer(members.to_bytes(8 * self.words, "little"), np.uint64)

    def mask(self, members: int) -> Ints:
        """A set of the network's vectors as words."""
        each = np.unpackbits(self.packed(members).view(np.uint8), bitorder="little")
        each[: len(self.order)] = each[self.order]
        return np.packbits(each, bitorder="little").view(np.uint64)

    def _words_of(self, words: Ints) -> list[int]:
        """Those of the words that are not empty."""
        found: list[int] = words.nonzero()[0].tolist()
        return found
