"""What charts answered, kept between processes: one JSON file for each size of network and text of the charts.

A cache that cannot be read or written costs time, never a failure; its content is checked by the hash in its name only.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from pcstate.model.chart import Chart
from pcstate.specs.charts import ChartBehaviour

__all__ = ["behaviours", "store"]

_FORMAT = "3"


def folder() -> Path:
    """Where the files lie: `$PCSTATE_CACHE`, or `pcstate` in the user's cache folder."""
    base = os.environ.get("PCSTATE_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pcstate"


def _path(charts: Mapping[str, Chart], size: str) -> Path:
    text = "\0".join(charts[name].text for name in sorted(charts))
    engine = metadata.version("python-statemachine")
    digest = hashlib.sha256(f"{_FORMAT}\0{engine}\0{size}\0{text}".encode()).hexdigest()[:24]
    return folder() / f"charts-{digest}.json"


def behaviours(charts: Mapping[str, Chart], size: str) -> dict[str, ChartBehaviour]:
    """The charts, ready to run, with what is known of them in networks of this size."""
    try:
        memory = json.loads(_path(charts, size).read_text(encoding="utf-8"))
        found = {name: ChartBehaviour(chart, memory[name]) for name, chart in charts.items()}
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        found = {name: ChartBehaviour(chart) for name, chart in charts.items()}
    return found


def store(found: Mapping[str, ChartBehaviour], size: str) -> None:
    """Store what the charts have answered, if there is anything new; atomically."""
    if not any(behaviour.dirty for behaviour in found.values()):
        return
    with contextlib.suppress(OSError, RuntimeError):
        path = _path({name: behaviour.chart for name, behaviour in found.items()}, size)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump({name: behaviour.remembered() for name, behaviour in found.items()}, file, separators=(",", ":"))
        os.replace(file.name, path)
