"""Names and remarks for the languages that networks are exported to: no word of theirs, no end of their comments."""

import re
from collections.abc import Iterable

__all__ = ["identifiers", "remark", "word"]


def word(text: str) -> str:
    """`text` with nothing but letters, digits and single `_`: `read_loop[0]` is `read_loop_0`."""
    return re.sub(r"[\W_]+", "_", text, flags=re.ASCII).strip("_")


def identifiers(prefix: str, texts: Iterable[str]) -> list[str]:
    """An identifier for each of `texts`, no two of them alike. A prefix such as `at_` keeps them from being keywords."""
    found: dict[str, None] = {}
    for text in texts:
        name = prefix + word(text)
        while name in found:
            name += "_"
        found[name] = None
    return list(found)


def remark(text: str) -> str:
    """`text` in one line that ends no comment and no string."""
    found = re.sub(r"[^\x20-\x7e]|\\", "?", text).replace('"', "'")
    return re.sub(r"(?<=[*/(])(?=[*/)])", " ", found)
