"""The command `export`: which files it writes, what stands in them, and what it says."""

import json
import re
from pathlib import Path

import pytest

from pcstate.check.closure import finite
from pcstate.check.explore import explore
from pcstate.cli import main
from pcstate.model.finite import OFF
from pcstate.model.verdict import Bounds
from pcstate.show.naming import identifiers, remark
from pcstate.show.tla import tla
from tests.check.small import Sync, network

TINY = network(
    {"a": "a0 -x-> a1 -x-> a0", "b[0]": "b0 -y-> b1", "c": "c0 -x-> c1"},
    [Sync("x", {"a": "x"}, also={"c": "x"}, unless={"b[0]": "y"}), Sync("y", {"b[0]": "y"}), Sync("never", {"b[0]": "x"})],
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["export", *arguments])
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def test_every_format_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run("-e", "get; close", "-o", str(tmp_path), "--format", "json")
    (said,) = json.loads(capsys.readouterr().out)
    assert sorted(map(str, tmp_path.iterdir())) == sorted(said["files"])
    assert {".aut", ".cfg", ".pml", ".tla"} == {Path(file).suffix for file in said["files"]}
    assert all("27" in Path(file).name and "conns1" in Path(file).name for file in said["files"]), "profile and bounds"
    (aut,) = tmp_path.glob("*.aut")
    first, *edges = aut.read_text().splitlines()
    assert f"des (0, {said['transitions']}, {said['states']})" == first
    assert said["transitions"] == len(edges)
    (module,) = tmp_path.glob("*.tla")
    assert f"---- MODULE {module.stem} ----" == module.read_text().splitlines()[0]


def test_a_graph_that_is_too_large_is_not_written_and_said_to_be_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 3 == run("--to", "aut", "--max-states", "100", "-o", str(tmp_path))
    assert "not written: aut" in capsys.readouterr().out
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "promelo"], ["'promelo'", "did you mean 'promela'?"]),
        (["--to", ","], ["no format was given", "promela"]),
        (["-n", "3"], ["either a SCENARIO or -e"]),
        (["sede"], ["did you mean 'seed'?"]),
        (["--to", "tla", "-o", "/dev/null/x"], ["/dev/null/x"]),
        (["--to", "tla", "-e", "get" + "; spawn close" * 9], ["no chart yet"]),
    ],
)
def test_a_mistake_is_said_in_a_few_lines(arguments: list[str], said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == run(*arguments)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    for words in said:
        assert words in err


def test_identifiers_differ_and_remarks_end_no_comment() -> None:
    assert ["at_a_0", "at_a_0_", "at_b"] == identifiers("at_", ["a[0]", "a.0", "b"])
    assert not re.search(r'\*/|/\*|\(\*|\*\)|"|\n|\\', remark('*/ /* (* *) "\n \\ */*/'))


def test_a_finite_network_says_what_leads_where() -> None:
    found = finite(TINY)
    assert ["x", "y"] == [vector.name for vector in found.vectors], "what can never fire is left out"
    x = found.vectors[0]
    assert (((0, (1, 0)),), ((2, (1, OFF)),), (1, (1, OFF))) == (x.who, x.also, x.unless[0])


def naive_tla(text: str) -> tuple[int, int]:
    """States and transitions of a module that `tla` wrote, read line by line as TLC would: an oracle for tiny ones."""
    tables = {m[1]: [int(n) for n in m[2].split(", ")] for m in re.finditer(r"^(T\d+) == <<(.*)>>$", text, re.M)}
    variables = re.findall(r"^  (at_\w+),?$", text.partition("VARIABLES")[2].partition("vars ==")[0], re.M)
    actions = dict(re.findall(r"^(do_\w+) ==[^\n]*\n((?:  /\\ .*\n)+)", text, re.M))
    init = dict(re.findall(r"/\\ (at_\w+) = (\d)", text.partition("Init ==")[2].partition("Next ==")[0]))
    assert set(init) == set(variables) and set(re.findall(r"\\/ (do_\w+)", text)) == set(actions)
    states = [tuple(int(init[name]) for name in variables)]
    transitions = 0
    for state in states:
        values = dict(zip(variables, state, strict=True))

        def value(expression: str, values: dict[str, int] = values) -> int:
            table = re.fullmatch(r"(T\d+)\[(\w+)\]", expression)
            return tables[table[1]][values[table[2]] - 1] if table else values[expression]

        for action in actions.values():
            after: dict[str, int] = {}
            for row in action.replace("  /\\ ", "").splitlines():
                if found := re.fullmatch(r"(\S+) (#|=) 0", row):
                    if (value(found[1]) == 0) != (found[2] == "="):
                        break
                elif found := re.fullmatch(r"UNCHANGED <<(.*)>>", row):
                    after |= {name: values[name] for name in found[1].split(", ")}
                elif found := re.fullmatch(r"(\w+)' = IF (\S+) = 0 THEN (\S+) ELSE (\S+)", row):
                    after[found[1]] = value(found[4] if value(found[2]) else found[3])
                else:
                    found = re.fullmatch(r"(\w+)' = (\S+)", row)
                    assert found, row
                    after[found[1]] = value(found[2])
            else:
                assert set(after) == set(variables), "each action says where every variable goes"
                transitions += 1
                successor = tuple(after[name] for name in variables)
                if successor not in states:
                    states.append(successor)
    return len(states), transitions


def test_the_tla_module_has_the_same_states_and_transitions() -> None:
    graph = explore(TINY, Bounds())
    assert (len(graph.states), graph.transitions) == naive_tla(tla(finite(TINY), "M", "tiny"))
