"""What charts answered, kept between processes: one JSON file for each size of network and text of the charts.

A process has the charts of one file once, for all networks of that size. A cache that cannot be read or written costs time, never
a failure; its content is checked by the hash in its name only.
"""

import atexit
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
READY = 16
"""The charts of so many files are kept ready."""
WORTH = 100
"""Writing down so many answers takes no longer than asking a running chart once."""


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


_ready: dict[Path, dict[str, ChartBehaviour]] = {}
"""Those of this process, by their file."""


def behaviours(charts: Mapping[str, Chart], size: str) -> dict[str, ChartBehaviour]:
    """The charts, ready to run, with what is known of them in networks of this size."""
    path = _path(charts, size)
    if path not in _ready:
        while len(_ready) >= READY:
            oldest = next(iter(_ready))
            _write(oldest, _ready.pop(oldest))
        _ready[path] = _read(path, charts)
    return _ready[path]


def store(found: Mapping[str, ChartBehaviour]) -> None:
    """Store what the charts have answered, if that is worth the time now; what is not is stored when the process ends."""
    path = next((path for path, ready in _ready.items() if ready is found), None)
    if path and WORTH * sum(behaviour.asked for behaviour in found.values()) >= sum(
        behaviour.answers for behaviour in found.values()
    ):
        _write(path, found)


@atexit.register
def _store_all() -> None:
    for path, found in _ready.items():
        _write(path, found)


def _read(path: Path, charts: Mapping[str, Chart]) -> dict[str, ChartBehaviour]:
    try:
        memory = json.loads(path.read_text(encoding="utf-8"))
        return {name: ChartBehaviour(chart, memory[name]) for name, chart in charts.items()}
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return {name: ChartBehaviour(chart) for name, chart in charts.items()}


def _write(path: Path, found: Mapping[str, ChartBehaviour]) -> None:
    """Atomically, and if there is anything new."""
    if not any(behaviour.asked for behaviour in found.values()):
        return
    with contextlib.suppress(OSError, RuntimeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump({name: behaviour.remembered() for name, behaviour in found.items()}, file, separators=(",", ":"))
        os.replace(file.name, path)
    for behaviour in found.values():
        behaviour.asked = 0
