"""Where everything of a sequence diagram is, from left to right: numbers, lanes, and the texts beside them.

A lane is as wide as its texts, and two lanes are so far apart that the name of an arrow fits between them.
"""

from dataclasses import dataclass

from pcstate.model.finding import Finding
from pcstate.show.lettering import width
from pcstate.show.sequence import Row, Sequence

__all__ = [
    "BOLD", "MARGIN", "NAME", "SMALL", "TEXT", "TITLE", "Page", "box_half", "box_texts", "gap_of", "notes_of", "state_text",
]  # fmt: skip

TITLE, NAME, TEXT, SMALL = 19, 12, 11, 10
MARGIN = 20.0
BOLD = 1.12
"""How much wider bold letters are."""
_NUMBERS = 34.0
"""The room left of the lanes."""
_APART = 16.0
"""Between the boxes of two lanes, at least."""


@dataclass(slots=True)
class Page:
    """Where the lanes are, and how wide everything is."""

    drawn: Sequence
    finding: Finding
    lanes: tuple[float, ...] = ()
    notes: float = 0.0
    """Where the texts to the right of the lanes begin."""
    wide: float = 0.0

    def __post_init__(self) -> None:
        half = [_half(self.drawn, number) for number in range(len(self.drawn.lanes))]
        places: list[float] = []
        for number, room in enumerate(half):
            labels = [width(row.step.name, TEXT) + 24 for row in self.drawn.rows if number - 1 == gap_of(row)]
            apart = max([half[number - 1] + room + _APART, *labels])
            places.append(places[-1] + apart if places else MARGIN + _NUMBERS + room)
        self.lanes = tuple(round(place, 1) for place in places)
        self.notes = round(places[-1] + half[-1] + 22 if places else MARGIN + _NUMBERS, 1)
        texts = [width(text, size) for row in self.drawn.rows for text, size in notes_of(row)]
        titles = [width(self.finding.title, TITLE) * BOLD, width(self.finding.scope, NAME), 420.0]
        self.wide = max([self.notes + max(texts, default=0.0), *(MARGIN + title for title in titles)]) + MARGIN


def _half(drawn: Sequence, lane: int) -> float:
    """Half of the room that a lane's own texts take."""
    own = drawn.lanes[lane]
    texts = [width(own.component, NAME) * BOLD, width(f"ends in {own.last}", SMALL)]
    texts += [width(state_text(state), SMALL) for row in drawn.rows for at, state in row.states if at == lane]
    boxes = [box_half(row) for row in drawn.rows if row.lanes == (lane,)]
    return max([max(texts) / 2 + 8, *boxes])


def box_texts(row: Row) -> list[tuple[str, int]]:
    """What stands in the box of a step of one lane, with sizes: its name, and the state that it leads to."""
    return [(row.step.name, TEXT), *((state_text(state), SMALL) for _, state in row.states)]


def box_half(row: Row) -> float:
    """Half of that box's width."""
    return max(width(text, size) for text, size in box_texts(row)) / 2 + 6


def gap_of(row: Row) -> int | None:
    """The gap between two lanes, by its left one, that the name of what several lanes take together stands in."""
    if not row.targets:
        return None
    return row.origin if max(row.targets) > row.origin else row.origin - 1


def state_text(state: str) -> str:
    """How the state is written that a step leads to."""
    return f"→ {state}"


def notes_of(row: Row) -> list[tuple[str, int]]:
    """The two lines beside a row, with sizes: the action; its clause and source."""
    cited = " ".join(filter(None, (row.step.clause, row.step.symbol)))
    return [(row.step.action, TEXT), (cited, SMALL)]
