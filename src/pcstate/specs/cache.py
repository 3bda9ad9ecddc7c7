"""What charts answered, kept between processes: one JSON file for each chart, by its text, and size of network.

A process has a chart once for all networks of one size, whichever spec it is a part of. A cache that cannot be read or written
costs time, never a failure; its content is checked by the hash in its name only.
"""

import atexit
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from pcstate.model.chart import Chart
from pcstate.specs.charts import ChartBehaviour

__all__ = ["behaviours", "store"]

_FORMAT = "4"
READY = 500
"""So many charts are kept ready."""
WORTH = 100
"""Writing down so many answers takes no longer than asking a running chart once."""


def folder() -> Path:
    """Where the files lie: `$PCSTATE_CACHE`, or `pcstate` in the user's cache folder."""
    base = os.environ.get("PCSTATE_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pcstate"


@cache
def _engine() -> str:
    return metadata.version("python-statemachine")


def _path(chart: Chart, size: str) -> Path:
    digest = hashlib.sha256(f"{_FORMAT}\0{_engine()}\0{size}\0{chart.text}".encode()).hexdigest()[:24]
    return folder() / f"chart-{chart.name}-{digest}.json"


_ready: dict[Path, ChartBehaviour] = {}
"""Those of this process, by their file."""


def behaviours(charts: Mapping[str, Chart], size: str) -> dict[str, ChartBehaviour]:
    """The charts, ready to run, with what is known of them in networks of this size."""
    return {name: _behaviour(chart, _path(chart, size)) for name, chart in charts.items()}


def _behaviour(chart: Chart, path: Path) -> ChartBehaviour:
    if path not in _ready:
        while len(_ready) >= READY:
            oldest = next(iter(_ready))
            _write(oldest, _ready.pop(oldest))
        _ready[path] = _read(path, chart)
    return _ready[path]


def store(found: Collection[ChartBehaviour]) -> None:
    """Store what each chart has answered, if that is worth the time now; what is not is stored when the process ends."""
    for path, ready in _ready.items():
        if ready in found and WORTH * ready.asked >= ready.answers:
            _write(path, ready)


@atexit.register
def _store_all() -> None:
    for path, ready in _ready.items():
        _write(path, ready)


def _read(path: Path, chart: Chart) -> ChartBehaviour:
    try:
        return ChartBehaviour(chart, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return ChartBehaviour(chart)


def _write(path: Path, found: ChartBehaviour) -> None:
    """Atomically, and if there is anything new."""
    if not found.asked:
        return
    with contextlib.suppress(OSError, RuntimeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(json.dumps(found.remembered(), separators=(",", ":")))  # json.dump does it without its C code
        os.replace(file.name, path)
    found.asked = 0
