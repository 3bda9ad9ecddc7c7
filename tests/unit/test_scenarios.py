"""Scenarios as read: what a file's words come to."""

import pytest

from pcstate.model.scenario import milliseconds
from pcstate.specs.scenarios import parse_scenario
from pcstate.specs.source import Source


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("15s", 15_000),
        ("250ms", 250),
        ("1m30s", 90_000),
        ("1h2m3.5s", 3_723_500),
        ("1.5h", 5_400_000),
        ("100us", 0.1),
        ("100µs", 0.1),
        ("0s", 0),
    ],
)
def test_a_duration_is_written_as_in_go(duration: str, expected: float) -> None:
    """Shorter than a millisecond is short, but not nothing: in Go a timeout of 0 is none."""
    assert expected == milliseconds(duration)
    text = f"[transport]\nTimeout = '{duration}'\n[[caller]]\neach = ['get']\n"
    assert {"Timeout": expected} == parse_scenario(Source("x.toml", text), "x").transport


@pytest.mark.parametrize("duration", ["", "s", "15", "1m 30s", "-1s", "1,5s", "1d", "\u0661s", "1s\n"])
def test_what_go_does_not_read_is_no_duration(duration: str) -> None:
    assert milliseconds(duration) is None
