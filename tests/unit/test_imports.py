"""What import-linter's contracts in pyproject.toml cannot say: a list of all that a room may import."""

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "pcstate"


def imported_by(module: Path) -> set[str]:
    """The modules that `module` imports, wherever in it; relative imports are not used in pcstate."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module}:{node.lineno}: a relative import"
            found.add(node.module)
    return found


def foreign(module: Path) -> set[str]:
    """The packages that `module` imports and that are neither Python's nor ours."""
    return {name.partition(".")[0] for name in imported_by(module)} - sys.stdlib_module_names - {"pcstate"}


@pytest.mark.parametrize("module", sorted((SOURCE / "model").rglob("*.py")), ids=lambda path: path.stem)
def test_model_needs_numpy_at_most(module: Path) -> None:
    assert foreign(module) <= {"numpy"}


@pytest.mark.parametrize("module", sorted((SOURCE / "check").rglob("*.py")), ids=lambda path: path.stem)
def test_check_needs_numpy_and_numba_at_most(module: Path) -> None:
    also = {"ray"} if module.stem == "cluster" else set()
    assert foreign(module) <= {"llvmlite", "numba", "numpy"} | also, "llvmlite is numba's own"


@pytest.mark.parametrize("module", sorted((SOURCE / "golang").rglob("*.py")), ids=lambda path: path.stem)
def test_golang_needs_the_standard_library_only(module: Path) -> None:
    assert foreign(module) == set()


def test_errors_needs_the_standard_library_only() -> None:
    assert foreign(SOURCE / "errors.py") == set()


def test_every_module_is_reached_by_absolute_imports() -> None:
    for module in sorted(SOURCE.rglob("*.py")):
        imported_by(module)
