"""How wide a text is, and where to break it: measured here, so that a layout does not depend on the fonts installed.

The widths are those of DejaVu Sans, the widest of the sans-serif faces that `FONT` names: a label that fits in it fits in
Verdana, Helvetica and Arial too.
"""

import textwrap

__all__ = ["FONT", "LEADING", "height", "width", "wrap"]

FONT = "DejaVu Sans,Verdana,Helvetica,Arial,sans-serif"
LEADING = 1.2
"""From one baseline to the next, in font sizes."""

_ASCII = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635,
    634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
)  # fmt: skip
"""Advance widths of the printable ASCII characters, space first, in thousandths of the font size."""
_OTHER = 1000


def width(text: str, size: float) -> float:
    """The points that the longest line of `text` takes."""
    return max((sum(map(_advance, line)) * size / 1000 for line in text.split("\n")), default=0.0)


def _advance(character: str) -> int:
    number = ord(character) - 32
    return _ASCII[number] if 0 <= number < len(_ASCII) else _OTHER


def height(text: str, size: float) -> float:
    """The points that the lines of `text` take."""
    return (text.count("\n") + 1) * size * LEADING


def wrap(text: str, columns: int) -> str:
    """`text` in as few lines of at most `columns` characters as it takes, evenly filled; its own line breaks are kept.

    >>> wrap("recv_eofc [conn == j and req == r]", 32)
    'recv_eofc [conn ==\\nj and req == r]'
    """
    return "\n".join(line for part in text.split("\n") for line in _even(part, columns))


def _even(text: str, columns: int) -> list[str]:
    lines = textwrap.wrap(text, columns, break_on_hyphens=False) or [""]
    longest = max((len(word) for word in text.split()), default=0)
    for narrower in range(columns - 1, max(columns // 2, longest) - 1, -1):
        found = textwrap.wrap(text, narrower, break_on_hyphens=False)
        if len(found) > len(lines):
            break
        lines = found or lines
    return lines
