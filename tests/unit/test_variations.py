"""Random scenarios: valid, all different, the same each time, and smaller ones of them."""

import pytest

from pcstate.model.scenario import Scenario
from pcstate.specs.scenarios import parse_scenario
from pcstate.specs.source import Source
from pcstate.specs.variations import as_expression, as_toml, draw, length, smaller

DRAWN = [draw(1, number) for number in range(400)]


def test_what_is_drawn_can_be_written_down_and_read_again() -> None:
    for scenario in DRAWN:
        assert scenario == parse_scenario(Source("x", as_toml(scenario)), scenario.name)


def test_the_same_seed_draws_the_same() -> None:
    assert [draw(1, number) for number in range(400)] == DRAWN
    assert 300 < len({(scenario.callers, scenario.server) for scenario in DRAWN})
    assert draw(2, 0).callers != draw(1, 0).callers or draw(2, 0).server != draw(1, 0).server


def test_all_of_the_format_is_drawn() -> None:
    assert {1, 2, 3} == {len(scenario.callers) for scenario in DRAWN}
    assert {1, 2, 3, 4} == {caller.requests for scenario in DRAWN for caller in scenario.callers}
    assert 7 == len({scenario.server.behaviour for scenario in DRAWN})
    assert 4 == len({scenario.server.body for scenario in DRAWN})
    assert 9 == len({field for scenario in DRAWN for field in scenario.transport})
    verbs = {step.verb for scenario in DRAWN for caller in scenario.callers for step in caller.each}
    assert {
        "get",
        "head",
        "post",
        "read",
        "read-all",
        "read-exact",
        "close",
        "cancel",
        "settle",
        "close-idle",
        "spawn close",
    } == verbs


@pytest.mark.parametrize("scenario", DRAWN[:40], ids=lambda scenario: str(scenario.name))
def test_smaller_ones_end_with_a_request_and_nothing_else(scenario: Scenario) -> None:
    for _ in range(100):
        less = next(smaller(scenario), None)
        if less is None:
            break
        assert less != scenario and length(less) <= length(scenario)
        scenario = less
    assert "-e 'get'" == as_expression(scenario)
