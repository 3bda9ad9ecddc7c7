"""Our Go programs' sources + a toolchain -> a binary, built once and kept in the user's cache.

The binary is named after all that it depends on: the program, the release, and net/http's own source, so that a
toolchain with a changed net/http gets a binary of its own. A change elsewhere in the standard library is not noticed.
"""

import hashlib
import os
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from pcstate.errors import GoError
from pcstate.golang.toolchain import Toolchain, go_environment

__all__ = ["built"]

PARTS = {"replayer": ("driver/stacks.go", "driver/failure.go")}
"""Files that a program has besides those of its folder."""
BUILD_TIME = 600.0
"""Seconds; the first build of a release compiles the standard library too."""


def built(program: str, toolchain: Toolchain) -> Path:
    """The binary of `golang/programs/PROGRAM`, built if it is not there yet.

    Cost: some 20 s the first time for a release, 1 s for a changed program, else some milliseconds.
    Raises: GoError with the compiler's words.
    """
    sources = _sources(program)
    name = f"{program}-{toolchain.version}-{_digest(sources, toolchain)}" + (".exe" if os.name == "nt" else "")
    cache = _cache()
    binary = cache / name
    if not os.access(binary, os.X_OK):
        _build(sources, toolchain, binary)
    return binary


def _sources(program: str) -> dict[str, bytes]:
    programs = files("pcstate.golang.programs")
    items = [item for item in programs.joinpath(program).iterdir() if item.name.endswith(".go")]
    items += [programs.joinpath(part) for part in PARTS.get(program, ())]
    texts = {item.name: item.read_bytes() for item in items}
    return dict(sorted(texts.items()))


def _digest(sources: dict[str, bytes], toolchain: Toolchain) -> str:
    digest = hashlib.sha256(toolchain.version.encode())
    package = sorted((toolchain.goroot / "src" / "net" / "http").glob("*.go"))
    theirs = {path.name: path.read_bytes() for path in package if not path.name.endswith("_test.go")}
    for name, text in (*sources.items(), *theirs.items()):
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:16]


def _cache() -> Path:
    """A folder to keep binaries in: the user's cache, or a temporary one of this user's own where that is read-only."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    user = getattr(os, "getuid", lambda: "user")()
    for folder in (Path(home) / "pcstate", Path(tempfile.gettempdir()) / f"pcstate-{user}"):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        if not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid():
            return folder
    return Path(tempfile.mkdtemp(prefix="pcstate-"))


def _build(sources: dict[str, bytes], toolchain: Toolchain, binary: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="build-", dir=binary.parent) as name:
        folder = Path(name)
        for file, text in sources.items():
            (folder / file).write_bytes(text)
        # The go line decides the release whose defaults (GODEBUG) net/http runs with: it must be the toolchain's own.
        release = ".".join(toolchain.version.partition("rc")[0].partition("beta")[0].split(".")[:2])
        (folder / "go.mod").write_text(f"module pcstate/{folder.name}\n\ngo {release}\n", encoding="utf-8")
        command = [str(toolchain.go), "build", "-trimpath", "-buildvcs=false", "-o", "program", "."]
        environment = {**go_environment(), "GOCACHE": str(_go_cache(binary.parent))}
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=BUILD_TIME
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise GoError(f"Go {toolchain.version} ({toolchain.go}) could not be run: {problem}") from problem
        if done.returncode:
            words = (done.stderr + done.stdout).strip() or f"exit code {done.returncode}"
            raise GoError(f"Go {toolchain.version} ({toolchain.go}) could not build our driver:\n{words}")
        (folder / "program").replace(binary)


def _go_cache(ours: Path) -> Path:
    """$GOCACHE where it is set; else one beside our binaries, where it can be written."""
    theirs = os.environ.get("GOCACHE", "")
    return Path(theirs) if os.path.isabs(theirs) else ours / "go-build"
