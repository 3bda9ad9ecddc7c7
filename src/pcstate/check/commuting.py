"""Does it make a difference to one component in which order two vectors fire?

Two events commute where both are offered, neither takes the other away, and both orders lead to the same configuration. It is
asked for sets of them, and wherever some of them may have brought the component (conditional independence: Katz and Peled 1992).
All components of one chart share the answers.
"""

from collections.abc import Iterable

from pcstate.model.lts import Behaviour, Event

__all__ = ["Commuting", "Role"]

Role = tuple[Event | None, Event | None, Event | None]
"""What a vector asks of one component: its event in `who`, in `also` and in `unless`."""
MANY = 64
"""A component that can be brought to more configurations than this counts as one to which the order makes a difference."""


class Commuting:
    """The questions for one behaviour."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._played: dict[Role, dict[int, int]] = {}
        self._known: dict[tuple[int, tuple[Role, ...], tuple[Role, ...]], tuple[int, ...]] = {}

    def reached(self, local: int, own: tuple[Role, ...], others: tuple[Role, ...]) -> tuple[int, ...]:
        """Where vectors with the roles `others` can bring it; none if in one of these configurations it makes a difference
        whether one of `own`, all of which are possible in `local`, comes before or after one of them.

        Cost: configurations times `own` times `others`, once. Bounds: `MANY` configurations.
        """
        key = local, own, others
        if key not in self._known:
            self._known[key] = tuple(self._explore(local, [self._table(role) for role in own], others))
        return self._known[key]

    def _explore(self, local: int, own: "list[_Table]", others: Iterable[Role]) -> list[int]:
        tables = [self._table(role) for role in others]
        queue, found = [local], {local}
        for here in queue:
            after = [self._play(table, here) for table in own]
            for other in tables:
                there = self._play(other, here)
                if there < 0 or (there == here and all(self._play(other, target) == target for target in after)):
                    continue
                for table, target in zip(own, after, strict=True):
                    end = self._play(table, there)
                    if end < 0 or end != self._play(other, target):
                        return []
                if there not in found:
                    found.add(there)
                    queue.append(there)
            if len(queue) > MANY:
                return []
        return queue

    def _table(self, role: Role) -> "_Table":
        return role, self._played.setdefault(role, {})

    def _play(self, table: "_Table", local: int) -> int:
        """Where such a vector leads it; -1 if it keeps the vector from firing."""
        role, known = table
        target = known.get(local)
        if target is None:
            target = known[local] = self._step(role, local)
        return target

    def _step(self, role: Role, local: int) -> int:
        who, also, unless = role
        if unless is not None and self._behaviour.step(local, unless) >= 0:
            return -1
        target = local if who is None else self._behaviour.step(local, who)
        moved = -1 if also is None or target < 0 else self._behaviour.step(local, also)
        return target if moved < 0 else moved


_Table = tuple[Role, dict[int, int]]
