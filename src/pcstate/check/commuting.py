"""Does it make a difference to one component in which order two vectors fire?

Two events commute where both are offered, neither takes the other away, and both orders lead to the same configuration. It is
asked for sets of them, and wherever some of them may have brought the component (conditional independence: Katz and Peled 1992).
All components of one chart share the answers. Sets of roles are integers, one bit a role.
"""

from pcstate.check.bits import bits
from pcstate.model.lts import Behaviour, Event

__all__ = ["Commuting", "Role"]

Role = tuple[Event | None, Event | None, Event | None]
"""What a vector asks of one component: its event in `who`, in `also` and in `unless`."""
MANY = 64
"""A component that can be brought to more configurations than this counts as one to which the order makes a difference."""


class Commuting:
    """The questions for one behaviour, whose roles are numbered as they are met."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._number: dict[Role, int] = {}
        self._plays: list[tuple[Role, dict[int, int]]] = []
        """Each role, and where it leads from where."""
        self._played: dict[int, tuple[int, int]] = {}
        """For each configuration the roles that were tried there, and which of them keep no vector from firing."""
        self._known: dict[tuple[int, int, int], tuple[tuple[int, ...], int]] = {}

    def number(self, role: Role) -> int:
        """The number of a role."""
        number = self._number.setdefault(role, len(self._plays))
        if number == len(self._plays):
            self._plays.append((role, {}))
        return number

    def reached(self, local: int, own: int, others: int) -> tuple[tuple[int, ...], int]:
        """The configurations to which vectors with the roles `others` can bring it, and the roles among `others` that make a
        difference, which are left out of that: in one of those configurations, one of `own` before such a role does not come to
        the same as after it. All of `own` are possible in `local`. No configurations if there are more than `MANY`.

        Cost: configurations times `own` times those of `others` that are possible there, and again whenever there were some that
        make a difference. Bounds: `MANY` configurations.
        """
        key = local, own, others
        if key not in self._known:
            differing, more = 0, -1
            while more:
                found, more = self._explore(local, tuple(bits(own)), others & ~differing)
                differing |= more
            self._known[key] = tuple(found), differing
        return self._known[key]

    def _explore(self, local: int, own: tuple[int, ...], others: int) -> tuple[list[int], int]:
        """Where these can bring it, and those of them that make a difference."""
        queue, found, differing = [local], {local}, 0
        for here in queue:
            after = [self._play(role, here) for role in own]
            for other in bits(self._possible(here, others & ~differing)):
                there = self._play(other, here)
                if there == here and all(self._play(other, target) == target for target in after):
                    continue
                ends = [self._play(role, there) for role in own]
                if any(end < 0 or end != self._play(other, target) for end, target in zip(ends, after, strict=True)):
                    differing |= 1 << other
                elif there not in found:
                    found.add(there)
                    queue.append(there)
            if len(queue) > MANY:
                return [], differing
        return queue, differing

    def _possible(self, local: int, roles: int) -> int:
        """Those of `roles` that keep no vector from firing in `local`."""
        tried, possible = self._played.get(local, (0, 0))
        if roles & ~tried:
            possible |= sum(1 << role for role in bits(roles & ~tried) if self._play(role, local) >= 0)
            self._played[local] = tried | roles, possible
        return roles & possible

    def _play(self, number: int, local: int) -> int:
        """Where a vector with that role leads it; -1 if it keeps the vector from firing."""
        role, known = self._plays[number]
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
