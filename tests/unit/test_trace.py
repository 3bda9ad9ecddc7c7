"""`pcstate trace`: what check reported is replayed to the same states, or refused with the step and the reason."""

import copy
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcstate import pipeline
from pcstate.check.tracing import follow
from pcstate.errors import SpecError
from pcstate.model.finding import Finding
from pcstate.model.verdict import Bounds
from pcstate.pipeline import build
from pcstate.show import report
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.source import Source
from pcstate.trace import draw_traces, findings, trace
from tests.commands import Run, runner

FORGOTTEN, CANCELLED, RETURNS = "no-goroutine-is-forgotten", "a-cancelled-request-says-so", "close-returns"


def checked(spec: Spec, go: str) -> tuple[tuple[Finding, ...], dict[str, Any]]:
    """What check finds with one request a caller, and what it prints."""
    found = pipeline.check(spec, go, Bounds(requests=1, closers=0))
    return findings(spec, found), report.check_json(found)


@pytest.fixture(scope="module")
def reports() -> tuple[tuple[Finding, ...], list[dict[str, Any]]]:
    """The traces under go1.27.0 and go1.12, and what check prints of both."""
    spec = pipeline.read_spec(only=[FORGOTTEN, CANCELLED, RETURNS])
    one, two = (checked(spec, go) for go in ("1.27.0", "1.12"))
    return (*one[0], *two[0]), [one[1], two[1]]


@pytest.fixture(scope="module")
def file(reports: tuple[Any, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that check would have written."""
    path = tmp_path_factory.mktemp("reports") / "report.json"
    path.write_text(json.dumps(reports[1]), encoding="utf-8")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs pcstate; gives its exit code, stdout and stderr."""
    return runner(capsys)


def test_a_replayed_trace_is_the_one_that_check_found(spec: Spec, reports: Any, file: Path) -> None:
    """Every step, who takes part in it, every configuration on the way, and what the trace holds for."""
    found, _ = reports
    assert {(FORGOTTEN, "go1.27.0"), (CANCELLED, "go1.27.0"), (CANCELLED, "go1.12")} == {
        (f.judgement.name, f.profile) for f in found
    }
    source = Source("report.json", file.read_text("utf-8"))
    for each in found:
        again = trace(spec, source, each.judgement.name, each.profile)
        assert each.trace == again.trace
        assert (each.title, each.about, each.judgement) == (again.title, again.about, again.judgement)
        assert "callers 1, conns 1, hosts 1, requests 1 each, closers 0" in again.scope


def test_what_the_json_says_is_changed_is_what_changes(spec: Spec, reports: Any) -> None:
    """The network itself, driven by the actions alone, has these configurations after each step."""
    _, (document, _) = reports
    network = build(spec, choose_profile(spec.profiles, "go1.27.0"), Bounds(requests=1, closers=0)).network
    for steps in (found["trace"] for found in document["properties"]):
        taken = follow(network, [step["action"] for step in steps])
        states = [network.initial(), *(state for _, state in taken)]
        assert len(steps) == len(taken)
        for step, before, after in zip(steps, states, states[1:], strict=False):
            changed = {
                component.key: str(component.behaviour.configuration(after[n]))
                for n, component in enumerate(network.components)
                if before[n] != after[n]
            }
            assert changed == step["changed"]


def test_no_two_vectors_are_written_alike(spec: Spec) -> None:
    """So that an action names one."""
    for scenario in (None, pipeline.everything()):
        sizes = Bounds(callers=2, conns=2, hosts=2)
        vectors = build(spec, choose_profile(spec.profiles, None), sizes, scenario).network.vectors
        assert len(vectors) == len(set(map(str, vectors)))


def test_the_first_violated_property_is_shown_unless_another_is_asked_for(run: Run, file: Path) -> None:
    code, out, err = run("trace", str(file))
    assert (0, "") == (code, err)
    assert out.startswith(f"{FORGOTTEN}: VIOLATED\ndeadlock; go1.27.0; ")
    code, out, _ = run("trace", str(file), "--property", CANCELLED, "--go", "1.12")
    assert 0 == code
    assert out.startswith(f"{CANCELLED}: HOLDS\nsometimes; go1.12; ")


def test_a_report_is_read_from_stdin(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes()), encoding="utf-8"))
    code, out, _ = run("trace", "-", "--to", "itf")
    assert (0, "init") == (code, json.loads(out)["states"][0]["action"])


def test_several_formats_are_files_in_a_folder(run: Run, file: Path, tmp_path: Path) -> None:
    code, out, err = run("trace", str(file), "--to", "text,svg, mermaid,itf,diff", "-o", str(tmp_path / "new"))
    assert (0, "") == (code, err)
    suffixes = ("diff.txt", "itf.json", "mmd", "svg", "txt")
    assert [f"trace-{FORGOTTEN}-go1.27.0.{suffix}" for suffix in suffixes] == sorted(p.name for p in (tmp_path / "new").iterdir())
    assert 5 == len(out.splitlines())
    assert run("trace", str(file))[1] == (tmp_path / "new" / f"trace-{FORGOTTEN}-go1.27.0.txt").read_text("utf-8")


def test_the_same_report_is_the_same_trace_whatever_the_order_of_hashes(file: Path) -> None:
    code = "import sys; from pcstate.cli import main; main(['trace', sys.argv[1], '--to', sys.argv[2]])"
    for form in ("svg", "itf"):
        printed = [
            subprocess.run(
                [sys.executable, "-c", code, str(file), form],
                check=True,
                capture_output=True,
                env={**os.environ, "PYTHONHASHSEED": seed},
            ).stdout
            for seed in ("0", "7")
        ]
        assert printed[0] == printed[1] != b""


def test_what_check_of_earlier_versions_printed_is_shown_too(spec: Spec, reports: Any) -> None:
    """They did not say what a step changes."""
    found, (document, _) = copy.deepcopy(reports)
    for each in (each for property_ in document["properties"] for each in property_["trace"]):
        del each["changed"]
    for each in (each for each in found if each.profile == "go1.27.0"):
        assert each.trace == trace(spec, Source("old.json", json.dumps(document)), each.judgement.name).trace


def forgotten(document: Any) -> Any:
    return next(each for each in document[0]["properties"] if each["name"] == FORGOTTEN)


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    """Writes a value into the property that is violated."""

    def change(document: Any) -> None:
        inner = forgotten(document)
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


def of_another_profile(document: Any) -> None:
    document[0]["profile"] = "go1.12"


def without_what_changes(document: Any) -> None:
    of_another_profile(document)
    for step in forgotten(document)["trace"]:
        del step["changed"]


def no_trace_at_all(document: Any) -> None:
    for each in document:
        for property_ in each["properties"]:
            property_["trace"] = []


def only_witnesses(document: Any) -> None:
    forgotten(document)["trace"] = []


WRONG: dict[str, tuple[Callable[[Any], object], list[str], list[str]]] = {
    "a trace of another profile": (of_another_profile, [], ["leads elsewhere in this spec", "step 1 of"]),
    "a trace of another profile, by its actions": (without_what_changes, [], ["not possible in this spec", "possible there: "]),
    "an action that nobody has": (
        put("trace", 4, "action", value="fly(j=0)"), [], ["step 5 of", "this spec: fly(j=0)", "dial_wanted(i=0, j=0)"],
    ),
    "an action that comes too early": (put("trace", 0, "action", value="peek_eof(j=0)"), [], ["step 1 of", "do(h=0, i=0"]),
    "a change that does not come": (
        put("trace", 2, "changed", "caller[0]", value="user"), [], ["step 3 of", "caller[0] is queue_for_dial(", "not user"],
    ),
    "a loop that is none": (put("loop", value=3), [], ["the loop of", "does not come back", "before step 4"]),
    "a loop beyond the end": (put("loop", value=99), [], [".loop must be a whole number from 0 to", "99"]),
    "a loop that is a word": (put("loop", value="x"), [], ["[0].properties[", ".loop must be a whole number"]),
    "an unknown profile": (lambda d: d[0].update(profile="go9"), [], ["'go9'", "go1.27.2"]),
    "bounds that would never be built": (lambda d: d[0]["bounds"].update(callers=99), [], ["[0].bounds.callers", "from 1 to 8"]),
    "bounds that are no numbers": (lambda d: d[0]["bounds"].update(conns=True), [], ["[0].bounds.conns", "True"]),
    "no bounds": (lambda d: d[0].pop("bounds"), [], ["[0].bounds is missing"]),
    "properties that are no list": (lambda d: d[0].update(properties={}), [], ["[0].properties must be a list", "{}"]),
    "a step that is a word": (put("trace", 0, value="do"), [], [".trace[0] must be an object, not 'do'"]),
    "a step without an action": (put("trace", 0, value={"who": "x"}), [], [".trace[0].action is missing"]),
    "an unknown verdict": (put("verdict", value="PASSED"), [], [".verdict must be one of HOLDS", "'PASSED'"]),
    "an unknown property": (lambda d: None, ["--property", "close-return"], ["'close-return'", "did you mean 'close-returns'?"]),
    "a property that holds": (lambda d: None, ["--property", RETURNS], ["has no trace", "HOLDS for go1.27.0", FORGOTTEN]),
    "a property with several traces": (lambda d: None, ["--property", CANCELLED], ["several traces", "): go1.27.0, go1.12"]),
    "another Go": (lambda d: None, ["--go", "1.26"], ["no report on '1.26'", "go1.12"]),
    "no trace at all": (no_trace_at_all, [], ["no violated property", "no trace in it at all"]),
    "witnesses only": (only_witnesses, [], ["choose one with --property", f"{CANCELLED} (go1.27.0, HOLDS)"]),
    "an unknown format": (lambda d: None, ["--to", "pdf"], ["there is no 'pdf'", "text"]),
    "several formats on stdout": (lambda d: None, ["--to", "svg,itf"], ["-o DIR"]),
    "no format": (lambda d: None, ["--to", ""], ["one format"]),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "arguments", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_exits_2_and_is_said(
    run: Run, reports: Any, tmp_path: Path, damage: Callable[[Any], object], arguments: list[str], said: list[str]
) -> None:
    document = copy.deepcopy(reports[1])
    damage(document)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, out, err = run("trace", str(path), *arguments)
    assert (2, "") == (code, out)
    assert [] == [word for word in said if word not in err], err


TEXTS = {
    "an empty file": ("", ["report.json:1:1: not JSON", "ends too early"]),
    "a file that is cut off": ('{"go": "1.27", "properties": [{"name": "x"', [":1:", "not JSON", "ends too early"]),
    "a word that is cut off": ('{"go": "1.', ["not JSON", "ends too early"]),
    "no JSON": ("{go: 1}", [":1:2: not JSON", "    {go: 1}", "     ^"]),
    "nested too deeply": ("[" * 100_000, ["nested too deeply"]),
    "a number": ("7", ["the whole of it must be an object, not 7"]),
    "an empty list": ("[]", ["no trace in it at all"]),
    "what predict prints": (
        '{"scenario": "seed", "results": []}',
        ["go is missing", "pcstate check --format json"],
    ),
}


@pytest.mark.parametrize(("text", "said"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_that_is_no_report_is_refused_with_its_place(spec: Spec, text: str, said: list[str]) -> None:
    with pytest.raises(SpecError) as refused:
        trace(spec, Source("report.json", text))
    assert str(refused.value).startswith("report.json:")
    assert [] == [word for word in said if word not in str(refused.value)], str(refused.value)


def test_a_truncated_report_is_refused_wherever_it_ends(spec: Spec, file: Path) -> None:
    text = file.read_text("utf-8")
    for end in range(0, len(text), len(text) // 40):
        with pytest.raises(SpecError, match="ends too early"):
            trace(spec, Source("report.json", text[:end]))


def test_a_text_that_is_cut_anywhere_ends_too_early(spec: Spec) -> None:
    """Within a word, a number, a sign or an escape, of which the report at hand may have none."""
    text = '[{"seconds": -1.25e-3, "loop": null, "complete": true, "symmetry": false, "name": "a\\u00e9"}]'
    for end in range(len(text)):
        with pytest.raises(SpecError, match="ends too early"):
            trace(spec, Source("report.json", text[:end]))


def test_what_is_not_json_at_its_end_is_not_called_cut(spec: Spec) -> None:
    with pytest.raises(SpecError, match="not JSON") as refused:
        trace(spec, Source("report.json", '{"go": nothing'))
    assert "ends too early" not in str(refused.value)


def test_a_file_that_is_not_there_is_said(run: Run) -> None:
    code, _, err = run("trace", "/nowhere/report.json")
    assert 2 == code
    assert "/nowhere/report.json" in err and "No such file" in err


def test_a_property_is_drawn_by_its_name_and_where_it_has_no_trace_that_is_said(run: Run, tmp_path: Path) -> None:
    arguments = ("--of", CANCELLED, "--of", RETURNS, "--go", "1.12", "--to", "svg,dot", "-o", str(tmp_path))
    code, out, err = run("graph", *arguments)
    assert (0, "") == (code, err)
    assert [f"trace-{CANCELLED}-go1.12.svg"] == [path.name for path in tmp_path.iterdir()]
    assert f"{RETURNS}: HOLDS for go1.12, without a trace" in out


def test_what_is_expected_to_be_violated_is_drawn_unless_something_is_named(tmp_path: Path) -> None:
    draw_traces(tmp_path, ["1.12", "1.27.0", "1.27.1"], [], ["mermaid", "graphml"])
    expected = {p.name for p in pipeline.read_spec().properties if not p.expected("go1.27.0", Bounds().sizes) and not p.needs}
    assert FORGOTTEN in expected
    assert {f"trace-{name}-go1.27.0.mmd" for name in expected} == {path.name for path in tmp_path.iterdir()}
    assert [] == draw_traces(tmp_path, ["1.27.0"], ["lifecycle"], ["svg"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--repeat", "3"], "go with --replay"),
        (["--format", "json"], "go with --replay"),
        (["--profile", "1.27"], "go with --replay"),
        (["--replay", "--to", "svg"], "without --to"),
        (["--replay", "-o", "."], "without --to and -o"),
        (["--replay", "--repeat", "0"], "0 is not in the range"),
        (["--replay", "--go", "1.1"], "Go 1.1 was not found"),
        (["--replay", "--profile", "1.26"], "no report on '1.26'"),
    ],
)
def test_wrong_words_about_a_replay_are_answered(run: Run, file: Path, arguments: list[str], said: str) -> None:
    code, out, err = run("trace", str(file), "--property", FORGOTTEN, *arguments)
    assert (2, "") == (code, out)
    assert said in err
