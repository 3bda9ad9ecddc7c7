"""What C code writes to stderr while pictures are drawn: noise is left out, an error is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pcstate.show.hush import hushed

NOISE = b"Fontconfig warning: no such element\nError: remove_overlap: Graphviz not built with triangulation library\n"
REAL = b"Warning: node 'x' has no place\nFontconfig is not the first word\nwithout a line's end"


def test_noise_is_left_out_and_the_rest_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    with hushed():
        os.write(2, NOISE + REAL)
    assert REAL.decode() == capfd.readouterr().err


def test_an_error_s_last_words_come_through(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no layout"), hushed():
        os.write(2, NOISE + REAL)
        raise ValueError("no layout")
    os.write(2, b"; and after")
    assert REAL.decode() + "; and after" == capfd.readouterr().err


def test_the_graph_command_lists_its_files_and_says_nothing_else(tmp_path: Path) -> None:
    """Whatever Fontconfig warns of."""
    (tmp_path / "fonts.conf").write_text("<fontconfig><unknown/></fontconfig>")
    arguments = ["graph", "-o", str(tmp_path / "out"), "--of", "caller", "--of", "lifecycle", "--to", "png"]
    code = f"from pcstate.cli import main; main({arguments!r})"
    env = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    files = sorted(str(path) for path in (tmp_path / "out").iterdir())
    assert ("", 2, files) == (done.stderr, len(files), sorted(line.partition(": ")[0] for line in done.stdout.splitlines()))
