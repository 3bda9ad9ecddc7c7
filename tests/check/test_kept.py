"""Compiled code is kept between processes, and only as long as it is that of the present sources."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pcstate.check import bit_kernels


def test_all_that_the_loops_take_from_others_counts() -> None:
    own = {path.stem for path in bit_kernels.sources()}
    for path in bit_kernels.sources():
        if path.stem.endswith("kernels"):
            imports = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
            ours = [node for node in imports if node.module and node.module.startswith("pcstate")]
            names = {name.name for node in ours if node.module == "pcstate.check" for name in node.names}
            names |= {str(node.module).rpartition(".")[2] for node in ours if node.module != "pcstate.check"}
            assert names <= own, path


def test_what_a_loop_calls_may_change(tmp_path: Path) -> None:
    """Numba alone would go on with the old one: it looks at the file of the loop."""
    package = Path(bit_kernels.__file__).parents[1]
    shutil.copytree(package, tmp_path / "pcstate", ignore=shutil.ignore_patterns("__pycache__"))
    script = "import numpy as np; from pcstate.check.kernels import spread\n"
    script += "count = np.zeros(1, np.int64); order = np.zeros((1, 3), np.uint64); keys = np.array([[1], [1]])\n"
    script += "spread(keys, 0, 2, np.zeros(2, np.uint64), order, count, np.zeros(2, np.int32)); print(count[0])"

    def count() -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        asked = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
        assert asked.returncode == 0, asked.stderr
        return asked.stdout.strip()

    assert ["1", "1"] == [count(), count()], "the second is the first one again"
    assert any((tmp_path / "pcstate").rglob("kernels.spread-*.nbc"))
    changed = tmp_path / "pcstate/check/expand_kernels.py"
    text = changed.read_text(encoding="utf-8")
    assert "    same = True\n" in text
    changed.write_text(text.replace("    same = True\n", "    same = False\n"), encoding="utf-8")
    assert "2" == count(), "no two are the same any more"
