"""Scenarios as read: what a file's words come to; and the library of them, which is only read here."""

import re
from pathlib import Path

import pytest

from pcstate.errors import SpecError
from pcstate.model.scenario import Scenario, milliseconds
from pcstate.specs.scenarios import (
    BEHAVIOURS,
    BODIES,
    CONNECTIONS,
    TRANSPORT_FIELDS,
    VERBS,
    load_scenario,
    parse_scenario,
    scenario_names,
)
from pcstate.specs.source import Source, spec_root


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("15s", 15_000),
        ("250ms", 250),
        ("1m30s", 90_000),
        ("1h2m3.5s", 3_723_500),
        ("1.5h", 5_400_000),
        ("100us", 0.1),
        ("100\u00b5s", 0.1),
        ("100\u03bcs", 0.1),
        ("0s", 0),
        ("0", 0),
        ("-0", 0),
        (".5s", 500),
        ("1.s", 1000),
        ("-1m", -60_000),
    ],
)
def test_a_duration_is_written_as_in_go(duration: str, expected: float) -> None:
    """Shorter than a millisecond is short, but not nothing: in Go a timeout of 0 is none."""
    assert expected == milliseconds(duration)
    text = f"[transport]\nTimeout = '{duration}'\n[[caller]]\neach = ['get']\n"
    assert {"Timeout": expected} == parse_scenario(Source("x.toml", text), "x").transport


@pytest.mark.parametrize("duration", ["", "s", "15", "00", "1m 30s", ".s", "1s-1s", "1,5s", "1d", "\u0661s", "1s\n"])
def test_what_go_does_not_read_is_no_duration(duration: str) -> None:
    assert milliseconds(duration) is None


def library() -> dict[str, Scenario]:
    """Every scenario of spec/scenarios, by name."""
    return {name: load_scenario(name, spec_root()) for name in scenario_names(spec_root())}


@pytest.mark.parametrize(
    ("field", "most", "beyond"),
    [
        ("MaxIdleConns", "9223372036854775807", "9223372036854775808"),
        ("MaxConnsPerHost", "-9223372036854775808", "-9223372036854775809"),
        ("IdleConnTimeout", "'2562047h47m16.854s'", "'2562047h47m16.855s'"),
        ("Timeout", "9223372036854", "9223372036855"),
    ],
)
def test_a_field_may_have_all_that_gos_type_holds(field: str, most: str, beyond: str) -> None:
    def read(value: str) -> Scenario:
        return parse_scenario(Source("x", f"[transport]\n{field} = {value}\n[[caller]]\neach = ['get']\n"), "x")

    assert [field] == list(read(most).transport)
    with pytest.raises(SpecError, match="beyond"):
        read(beyond)


def test_no_scenario_hides_another() -> None:
    """A name is looked up over all folders."""
    files = list((spec_root() / "scenarios").rglob("*.toml"))
    assert len(files) == len(scenario_names(spec_root())) >= 70


@pytest.mark.parametrize(("name", "path"), scenario_names(spec_root()).items())
def test_every_scenario_is_well_formed(name: str, path: Path) -> None:
    """It lies in a folder, is named in lower case, and says in one line what it is about."""
    scenario = load_scenario(name, spec_root())
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert path.parent.parent == spec_root() / "scenarios"
    assert len(scenario.about) > 20
    assert scenario.about[-1] not in " ."
    assert scenario.requests <= (6 if len(scenario.callers) > 1 else 10)
    assert len(scenario.callers) <= 3


def test_no_two_scenarios_are_the_same_program() -> None:
    programs: dict[object, list[str]] = {}
    for name, scenario in library().items():
        fields = tuple(sorted(scenario.transport.items()))
        programs.setdefault((scenario.callers, scenario.server, fields), []).append(name)
    assert [] == [names for names in programs.values() if len(names) > 1]


def test_the_library_has_everything_that_a_scenario_can_say() -> None:
    scenarios = library().values()
    verbs = {step.verb for scenario in scenarios for caller in scenario.callers for step in caller.each}
    assert {*VERBS, "spawn close"} - {"spawn"} == verbs
    for key, allowed in (("body", BODIES), ("connection", CONNECTIONS), ("behaviour", BEHAVIOURS)):
        assert set(allowed) == {getattr(scenario.server, key) for scenario in scenarios}
    assert set(TRANSPORT_FIELDS) - {"DisableCompression"} == {field for scenario in scenarios for field in scenario.transport}
    assert {0, 262144, 262145} <= {scenario.server.bytes for scenario in scenarios}
    assert {1, 2, 3} == {len(scenario.callers) for scenario in scenarios}
    assert {-1, 0, 1} <= {scenario.transport.get("MaxIdleConnsPerHost") for scenario in scenarios}
