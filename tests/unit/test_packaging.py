"""The sdist and the wheel built from it carry what a checkout has: the spec, the Go programs, the schemas, the types."""

import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GENERATED = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and with the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel unpacks to."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def sdist(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the sdist unpacks to."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        careful: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # since Python 3.11.4
        archive.extractall(folder, **careful)
    return next(folder.iterdir())


def files(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` that a person wrote."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not GENERATED & set(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def test_wheel_has_the_whole_spec(wheel: Path) -> None:
    packed = files(wheel / "pcstate" / "_spec")
    assert files(ROOT / "spec") == packed
    assert {"charts", "networks", "profiles", "properties", "clauses", "scenarios"} <= {name.partition("/")[0] for name in packed}


def test_wheel_has_every_module_and_every_data_file(wheel: Path) -> None:
    packed = {name: text for name, text in files(wheel / "pcstate").items() if not name.startswith("_spec/")}
    assert files(ROOT / "src" / "pcstate") == packed
    assert "py.typed" in packed
    assert any(name.startswith("golang/programs/") and name.endswith(".go") for name in packed), "no Go program"
    assert any(name.startswith("schemas/") and name.endswith(".json") for name in packed), "no JSON schema"


def test_wheel_has_nothing_else(wheel: Path) -> None:
    assert ["pcstate", "pcstate-*.dist-info"] == sorted(
        "pcstate-*.dist-info" if path.name.endswith(".dist-info") else path.name for path in wheel.iterdir()
    )
    assert not [path for path in wheel.rglob("*") if path.name.endswith((*EXTENSION_SUFFIXES, ".pyc"))]


def run_in(wheel: Path, code: str) -> str:
    """What Python prints where there is no checkout near, only the unpacked wheel."""
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    done = subprocess.run([sys.executable, "-c", code], cwd=wheel, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_finds_its_own_spec(wheel: Path) -> None:
    said = run_in(wheel, "from pcstate.specs.source import spec_root; print(spec_root())")
    assert str(wheel / "pcstate" / "_spec") == said.strip()


def test_wheel_finds_its_own_schemas(wheel: Path) -> None:
    said = run_in(wheel, "from pcstate.cli import main; main(['schema', 'check'])")
    assert (wheel / "pcstate" / "schemas" / "check.json").read_text(encoding="utf-8") == said


@pytest.mark.parametrize("folder", ["spec", "src", "tests", "benchmarks", "graphs", ".ci"])
def test_sdist_has_the_folder(sdist: Path, folder: str) -> None:
    assert files(ROOT / folder) == files(sdist / folder)


@pytest.mark.parametrize("name", ["CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml"])
def test_sdist_has_the_file(sdist: Path, name: str) -> None:
    assert (ROOT / name).read_bytes() == (sdist / name).read_bytes()


def test_metadata_names_the_licence_and_the_command(wheel: Path) -> None:
    about = next(wheel.glob("*.dist-info"))
    assert "License-Expression: MIT" in (about / "METADATA").read_text(encoding="utf-8")
    assert (ROOT / "LICENSE").read_bytes() == (about / "licenses" / "LICENSE").read_bytes()
    assert "pcstate = pcstate.cli:main" in (about / "entry_points.txt").read_text(encoding="utf-8")
