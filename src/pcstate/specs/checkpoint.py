"""A search that was stopped, in a file: what it had found, what the charts had answered, and which question it was asked.

One NumPy archive (.npz): arrays as they are, all else as JSON under `header`. It is written beside its place and moved there, so
that a search that dies while writing leaves the old one.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pcstate.errors import Mistake, Place, SpecError
from pcstate.specs.library import Spec

__all__ = ["Saved", "load", "question", "store"]

Arrays = Mapping[str, npt.NDArray[Any]]
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint holds."""

    header: Mapping[str, Any]
    arrays: Arrays

    @property
    def charts(self) -> Mapping[str, Any]:
        """What each chart had answered (`ChartBehaviour.remembered`): the states' numbers depend on it."""
        answers: Mapping[str, Any] = self.header["charts"]
        return answers


def question(spec: Spec, profile: str, sizes: Mapping[str, int]) -> str:
    """What a search is about, as a hash: the charts, the network, the profiles, which of them, and the sizes."""
    texts = {path: source.text for path, source in spec.texts.items() if path.split("/")[0] in ("charts", "networks", "profiles")}
    asked = json.dumps([_FORMAT, profile, dict(sizes), sorted(texts.items())])
    return hashlib.sha256(asked.encode()).hexdigest()


def load(path: Path, asked: str) -> Saved | None:
    """What the file holds; None if there is no file. Raises: SpecError if it is no checkpoint, or one of another question."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
        same = header["question"] == asked
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        hint = "give a file that --checkpoint has written, or one that is not there yet"
        raise SpecError([Mistake(Place(str(path)), "this is no checkpoint of a search", "", hint)]) from error
    if not same:
        hint = "resume with the same spec, --go, and sizes, or give another file"
        raise SpecError([Mistake(Place(str(path)), "this checkpoint is of another search", hint=hint)])
    return Saved(header, arrays)


def store(path: Path, header: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a checkpoint. Raises: SpecError if that is not possible."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
            np.savez(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)
        os.replace(file.name, path)
    except OSError as error:
        raise SpecError([Mistake(Place(str(path)), f"the checkpoint cannot be written: {error.strerror}")]) from error
