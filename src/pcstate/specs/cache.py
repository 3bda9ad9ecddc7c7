"""What charts answered, kept between processes: a JSON file a chart, named by the hash of all that decides the answers.

A cache that cannot be read or written costs time, never a failure.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from importlib import metadata
from pathlib import Path

from pcstate.specs.charts import ChartBehaviour

__all__ = ["recall", "store"]

_FORMAT = "1"


def folder() -> Path:
    """Where the files lie: `$PCSTATE_CACHE`, or `pcstate` in the user's cache folder."""
    base = os.environ.get("PCSTATE_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pcstate"


def _path(behaviour: ChartBehaviour) -> Path:
    engine = metadata.version("python-statemachine")
    digest = hashlib.sha256(f"{_FORMAT} {engine} {behaviour.chart.text}".encode()).hexdigest()[:24]
    return folder() / f"{behaviour.chart.name}-{digest}.json"


def recall(behaviour: ChartBehaviour) -> None:
    """Take up what is stored for this chart, if anything is."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RuntimeError):
        behaviour.recall(json.loads(_path(behaviour).read_text(encoding="utf-8")))


def store(behaviour: ChartBehaviour) -> None:
    """Store what this chart has answered, if there is anything new; atomically."""
    if not behaviour.dirty:
        return
    with contextlib.suppress(OSError, RuntimeError):
        path = _path(behaviour)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump(behaviour.remembered(), file, separators=(",", ":"))
        os.replace(file.name, path)
        behaviour.dirty = False
