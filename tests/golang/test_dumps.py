"""Dumps that real Go makes of every state that can be produced: `explain` names it, whatever the form."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from pcstate.explain import explain
from pcstate.golang.toolchain import Toolchain
from pcstate.specs.library import Spec
from tests.golang.dumps import EXPECTED, FORMS, build_dumper, dump, dump_all, said
from tests.golang.toolchains import TOOLCHAINS

pytestmark = pytest.mark.go
FIXTURES = Path(__file__).parents[1] / "dumps"
NEWEST = max(TOOLCHAINS, key=lambda found: found.order, default=None)
WRITE = "PCSTATE_WRITE_DUMPS"
"""Set in the environment: tests/dumps is written anew, for each state one dump, forms and Gos in turn."""
WRITTEN = ("1.19.8", "1.23.9", "1.27.3")


def expected(state: str, version: str) -> tuple[str, tuple[tuple[str, int, int], ...]]:
    if state == "truncated-without-close" and version in ("1.27.0", "1.27.1"):
        return "leak", (("body-unfinished", 1, 2),)
    return EXPECTED[state]


def chosen(state: str) -> tuple[str, str]:
    """The Go and the form in which a state is kept in tests/dumps."""
    number = list(EXPECTED).index(state)
    if state == "transport-per-request":
        return WRITTEN[0], "debug1.txt"  # the others are large
    return WRITTEN[number % len(WRITTEN)], list(FORMS)[number % len(FORMS)]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(found, id=found.version, marks=[] if found is NEWEST else [pytest.mark.deep])
        for found in {found.version: found for found in reversed(TOOLCHAINS)}.values()
    ]
    or [pytest.param(None, id="no Go")],
)
def toolchain(request: pytest.FixtureRequest) -> Toolchain:
    found = request.param
    assert isinstance(found, Toolchain)
    return found


@pytest.fixture(scope="module")
def dumper(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_dumper(toolchain, tmp_path_factory.mktemp("dumper"))


def test_every_state_is_named_in_every_form(dumper: Path, toolchain: Toolchain, tmp_path: Path, spec: Spec) -> None:
    wrong = []
    for state, folder in dump_all(dumper, tmp_path).items():
        for file, form in FORMS.items():
            with (folder / file).open("rb") as stream:
                found = explain(spec, stream)
            if (expected(state, toolchain.version), form, "") != (said(found), found.format, found.missing):
                wrong.append((state, file, said(found), found.format, found.missing))
            if os.environ.get(WRITE) and (toolchain.version, file) == chosen(state):
                (FIXTURES / f"{state}-go{toolchain.version}.{file}").write_bytes(_shortened(folder / file))
    assert [] == wrong


def test_every_state_of_the_dumper_is_expected(dumper: Path) -> None:
    listed = subprocess.run([str(dumper), "-list"], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(EXPECTED) == listed


def test_ancestors_say_who_left_a_body_unread(dumper: Path, tmp_path: Path, spec: Spec) -> None:
    folder = dump(dumper, "unread", tmp_path / "unread", GODEBUG="tracebackancestors=9")
    with (folder / "debug2.txt").open("rb") as stream:
        (group,) = explain(spec, stream).groups
    assert any(re.match(r"main\.get \(.*states\.go:\d+\)", frame) for frame in group.frames), group.frames


def _shortened(path: Path) -> bytes:
    """A dump without the names of temporary folders, and of SIGQUIT's registers with the first alone, and that 0."""
    text = path.read_bytes()
    if path.suffix == ".gz":
        return text
    return re.sub(rb"\nrax .*", b"\nrax    0x0\n", re.sub(rb"pcstate/build-\w+/", b"dumper/", text), flags=re.DOTALL)
