"""How tests run pcstate: as a user does, but in this process."""

from collections.abc import Callable

import pytest

from pcstate.cli import main

__all__ = ["Run", "runner"]

Run = Callable[..., tuple[int, str, str]]


def runner(capsys: pytest.CaptureFixture[str], *before: str) -> Run:
    """What runs pcstate, with these arguments `before` those that it is given: its exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([*before, *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert isinstance(stopped.value.code, int)
        return stopped.value.code, out, err

    return call
