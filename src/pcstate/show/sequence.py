"""A trace as a sequence diagram, before it is drawn: lanes, and one row a step. `sequence_svg` and `sequence_text` write it."""

from dataclasses import dataclass

from pcstate.model.trace import Move, Trace, TraceStep

__all__ = ["Lane", "Link", "Row", "Sequence", "sequence"]


@dataclass(frozen=True, slots=True)
class Lane:
    """A goroutine, the user's code or the server; an object only where it moves and none of those takes part."""

    component: str
    kind: str
    last: str
    """The state that it is left in."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step: it begins in the lane `origin` and reaches those of `targets`, none where it is one lane's own."""

    number: int
    """From 1."""
    step: TraceStep
    origin: int
    targets: tuple[int, ...]
    states: tuple[tuple[int, str], ...]
    """(lane, the state that it is in now) of each lane whose state the step changes."""

    @property
    def lanes(self) -> tuple[int, ...]:
        """Every lane that takes part, the origin first."""
        return (self.origin, *self.targets)


@dataclass(frozen=True, slots=True)
class Link:
    """A value in a buffered channel: row `sent` put it there and row `received`, of another lane, took it out. Rows from 0."""

    channel: str
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Lanes by first appearance, rows in order; those from `loop` on (a row, from 0) go on for ever."""

    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    links: tuple[Link, ...]
    loop: int | None


def sequence(trace: Trace) -> Sequence:
    """The diagram of a trace whose steps know who takes part.

    What the user or the server chooses begins with them. A channel operation goes from who sends to who receives: the one whose
    event is `recv_...` receives; where none says so, it begins with the one that stays as it is (it offers a closed channel) or
    that the network names first.
    """
    taking_part = [_lanes_of(step) for step in trace.steps]
    names = dict.fromkeys(move.component for moves in taking_part for move in moves)
    place = {name: number for number, name in enumerate(names)}
    kinds = {move.component: move.kind for moves in taking_part for move in moves}
    last = trace.states()[-1]
    lanes = tuple(Lane(name, kinds[name], last[name].state) for name in names)
    rows = []
    for number, (step, moves) in enumerate(zip(trace.steps, taking_part, strict=True), 1):
        ordered = moves if step.kind == "environment" else sorted(moves, key=_receives)
        states = tuple((place[m.component], m.after.state) for m in ordered if m.before.state != m.after.state)
        origin, *targets = (place[move.component] for move in ordered)
        rows.append(Row(number, step, origin, tuple(targets), states))
    return Sequence(lanes, tuple(rows), _links(rows), trace.loop)


def _lanes_of(step: TraceStep) -> list[Move]:
    """Who of a step has a lane; the component that it is named after where there is no goroutine and no environment."""
    found = [move for move in step.moves if move.kind != "object"]
    return found or [move for move in step.moves if move.component == step.who]


def _receives(move: Move) -> tuple[bool, bool]:
    return move.event.startswith("recv_"), move.changes and not move.event.startswith("send_")


def _links(rows: list[Row]) -> tuple[Link, ...]:
    """Who sent what to whom through the channels that have room; what is dropped from one reaches nobody."""
    waiting: dict[str, list[int]] = {}
    found = []
    for number, row in enumerate(rows):
        for move in row.step.moves:
            event = move.event.partition("(")[0]
            if event == "enqueue":
                waiting.setdefault(move.component, []).append(number)
            elif event == "dequeue" and waiting.get(move.component):
                sent = waiting[move.component].pop(0)
                if rows[sent].origin != row.origin:
                    found.append(Link(move.component, sent, number))
            elif move.changes:
                waiting.pop(move.component, None)
    return tuple(found)
