"""A table of words -> lines of Markdown."""

from collections.abc import Sequence

__all__ = ["markdown_table"]


def markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, and one below the first, which is the heading; what would end a cell is escaped."""
    heading, *body = rows
    lines = (heading, ["---"] * len(heading), *body)
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines]
