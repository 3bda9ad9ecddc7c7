"""`pcstate mutants`: mutants are made where they say, and what becomes of each is computed."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pcstate import mutants as flow
from pcstate import pipeline
from pcstate.cli import SCHEMAS, main
from pcstate.errors import Place, SpecError
from pcstate.model.mutation import Edit, Fate, Mutation, Tried
from pcstate.model.verdict import Bounds
from pcstate.mutants import MutationReport, mutants
from pcstate.show.mutation import mutants_json, mutants_text, mutation_page
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.library import Spec
from pcstate.specs.mutation import ARGUMENTS, OPERATORS, arguments, mutations
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import load_scenario
from pcstate.specs.source import Source, spec_root


@pytest.fixture(scope="module")
def every(spec: Spec) -> tuple[Mutation, ...]:
    return mutations(spec, choose_profile(spec.profiles, None))


Pick = Callable[[str, str, str, str], Mutation]


def _small(monkeypatch: pytest.MonkeyPatch, sizes: Bounds) -> None:
    """Mutants are looked at in one network only."""
    monkeypatch.setattr(flow, "SIZES", (sizes,))
    monkeypatch.setattr(flow, "WIDE", sizes)


@pytest.fixture
def pick(every: tuple[Mutation, ...]) -> Pick:
    """The mutant of that operator, part, place in it and edit."""

    def call(operator: str, part: str, where: str, what: str) -> Mutation:
        (found,) = (m for m in every if (m.operator, m.part, m.where, m.what) == (operator, part, where, what))
        return found

    return call


@pytest.fixture(scope="module")
def trials() -> dict[tuple[str, ...], flow._Trial]:
    """The spec itself, judged in the smallest network, by the properties that were asked for."""
    return {}


@pytest.fixture
def fate(monkeypatch: pytest.MonkeyPatch, trials: dict[tuple[str, ...], flow._Trial]) -> Callable[..., Tried]:
    """What becomes of a mutant in the smallest network."""
    _small(monkeypatch, Bounds(requests=1))

    def call(mutation: Mutation, *only: str, timeout: float = 60.0) -> Tried:
        if only not in trials:
            spec = pipeline.read_spec(only=only)
            trials[only] = flow._Trial(spec, choose_profile(spec.profiles, None), timeout, (), wide=False)
        trials[only].timeout = timeout
        return trials[only].of(mutation)

    return call


def test_each_mutant_is_an_edit_at_its_place(spec: Spec, every: tuple[Mutation, ...]) -> None:
    for mutation in every:
        text = spec.texts[mutation.file].text
        lines = text.splitlines()
        assert text != mutation.edited(text), mutation
        changed = [
            n for n, (old, new) in enumerate(zip(lines, mutation.edited(text).splitlines(), strict=False), 1) if old != new
        ]
        assert changed[0] >= mutation.place.line if mutation.operator == "loosen-participant" else mutation.place.line in changed
        assert 1 <= mutation.place.column <= len(lines[mutation.place.line - 1])


def test_every_operator_has_mutants_and_none_are_alike(spec: Spec, every: tuple[Mutation, ...]) -> None:
    assert OPERATORS.keys() == {mutation.operator for mutation in every}
    texts = [(mutation.file, mutation.edited(spec.texts[mutation.file].text)) for mutation in every]
    assert len(texts) - len(set(texts)) < len(texts) / 100, "the same edit by another operator, now and then"


def test_what_only_observes_and_what_is_promised_is_not_changed(every: tuple[Mutation, ...]) -> None:
    parts = {mutation.part for mutation in every}
    assert {"read_loop", "body", "server", "network", "profile"} <= parts
    assert parts.isdisjoint({"request_log", "lifecycle"})


def test_a_transition_that_is_never_taken_is_noticed(pick: Pick, fate: Callable[..., Tried]) -> None:
    never = pick("drop-transition", "read_loop", "settled: settled_eof", "never")
    found = fate(never)
    assert (Fate.KILLED, 1) == (found.fate, found.bounds and found.bounds.requests)
    assert "read-to-eof-returns" in found.properties
    assert (Fate.SURVIVED, ()) == ((alone := fate(never, "telling-never-blocks")).fate, alone.properties)


def test_a_participant_that_is_not_waited_for_is_noticed(pick: Pick, fate: Callable[..., Tried]) -> None:
    found = fate(pick("loosen-participant", "network", "expect", "caller[i] expect(j) if it can"))
    assert Fate.KILLED is found.fate
    assert "refines-lifecycle" in found.properties


def test_an_edit_that_changes_nothing_is_equivalent(spec: Spec, fate: Callable[..., Tried]) -> None:
    file = "charts/read_loop.yaml"
    start = spec.texts[file].text.index("alive == 1 and then == 'nobody'")
    edit = Edit(start, start + len("alive == 1"), "1 == alive")
    found = fate(Mutation("drop-guard", "read_loop", "goroutine", file, Place(f"spec/{file}"), "", "", (edit,)))
    assert Fate.EQUIVALENT is found.fate


def test_a_datum_that_nobody_reads_any_more_need_not_be_set(pick: Pick, fate: Callable[..., Tried]) -> None:
    """More states, the same steps."""
    assert Fate.EQUIVALENT is fate(pick("drop-update", "body", "open: close_after_eof", "without rerr = 'none'")).fate


def test_a_step_that_brings_nothing_new_is_none(pick: Pick, fate: Callable[..., Tried]) -> None:
    """A byte that nobody peeks at, and the end of a Read that is that of one beside which no Close waits."""
    assert Fate.EQUIVALENT is fate(pick("loosen-participant", "network", "peek_data", "read_loop[j] peek_data if it can")).fate
    assert Fate.EQUIVALENT is fate(pick("drop-participant", "network", "fn_err_beside", "without closer[r] pending")).fate


def test_what_differs_is_looked_at_with_two_callers(pick: Pick, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not differ is looked at there only if that is asked for."""
    differs = pick("drop-transition", "caller", "user: cancel", "never")
    beside = pick("drop-guard", "idle_slot", "idle: of_host", "without host == _event.data.h")
    spec = pipeline.read_spec(only=["pooled-has-no-unread-body"])
    looked: list[int] = []
    judged = flow._Trial._judged

    def look(
        trial: flow._Trial, spec: Spec, bounds: Bounds, behaviours: Mapping[str, ChartBehaviour], own: flow._Judged | None = None
    ) -> flow._Judged:
        looked.append(bounds.callers)
        return judged(trial, spec, bounds, behaviours, own)

    monkeypatch.setattr(flow, "arguments", lambda *_: ())
    monkeypatch.setattr(flow._Trial, "_judged", look)
    monkeypatch.setattr(flow, "SIZES", (Bounds(requests=1),))
    monkeypatch.setattr(flow, "WIDE", Bounds(callers=2, requests=1, closers=0, max_states=20_000))
    for mutation, wide, callers in ((differs, False, 2), (beside, False, 1), (beside, True, 2)):
        monkeypatch.setattr(flow, "mutations", lambda *_, chosen=mutation: (chosen,))
        looked.clear()
        mutants(spec, wide=wide)
        assert callers == looked[-1], mutation


def test_what_is_no_spec_is_refused(pick: Pick, fate: Callable[..., Tried]) -> None:
    found = fate(pick("drop-participant", "network", "write_loop_done", "without write_loop[j] write_loop_done"))
    assert Fate.REFUSED is found.fate
    assert "no vector offers event 'write_loop_done'" in found.reason


def test_what_was_not_searched_is_unknown(pick: Pick, fate: Callable[..., Tried]) -> None:
    found = fate(pick("drop-transition", "read_loop", "settled: settled_eof", "never"), timeout=0.0)
    assert (Fate.UNKNOWN, "the search stopped at its timeout of 0 s") == (found.fate, found.reason)


def test_what_was_not_searched_in_one_network_is_unknown_though_it_survives_in_the_next(
    pick: Pick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine may end a search that would have shown that nothing differs."""
    limits = flow._Trial._limits
    monkeypatch.setattr(flow, "SIZES", (Bounds(requests=1),))
    monkeypatch.setattr(flow, "WIDE", Bounds(requests=1, closers=0))
    monkeypatch.setattr(
        flow._Trial, "_limits", lambda trial, bounds: replace(limits(trial, bounds), max_states=100 if bounds.closers else 99_999)
    )
    spec = pipeline.read_spec(only=["pooled-has-no-unread-body"])
    trial = flow._Trial(spec, choose_profile(spec.profiles, None), 60.0, (), wide=False)
    found = trial.of(pick("drop-transition", "caller", "user: cancel", "never"))
    assert (Fate.UNKNOWN, "the search stopped at its limit of 100 states") == (found.fate, found.reason)


def test_mutants_leave_no_trace_in_the_cache(pick: Pick, fate: Callable[..., Tried]) -> None:
    fate(pick("drop-transition", "read_loop", "settled: settled_eof", "never"))
    before = {path: path.read_bytes() for path in Path(os.environ["PCSTATE_CACHE"]).iterdir()}
    fate(pick("drop-transition", "read_loop", "drain: start_drain", "never"))
    assert before == {path: path.read_bytes() for path in Path(os.environ["PCSTATE_CACHE"]).iterdir()}


def test_a_seed_decides_the_sample(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow._Trial, "__init__", lambda *_: None)
    monkeypatch.setattr(flow._Trial, "of", lambda _, mutation: Tried(mutation, Fate.SURVIVED))
    one, same, other = (mutants(spec, sample=20, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.tried != other.tried
    assert (20, len(one.tried)) == (len(other.tried), len(set(one.tried)))
    assert {"idle_slot"} == {found.mutation.part for found in mutants(spec, part="idle_slot").tried}


ARGUED = """
[[mutant]]
operator = "drop-transition"
file = "charts/read_loop.yaml"
where = "settled: settled_eof"
what = "never"
why = "because"
"""


def test_an_argument_is_about_a_mutant(spec: Spec, every: tuple[Mutation, ...]) -> None:
    def told(text: str) -> Spec:
        return replace(spec, texts={**spec.texts, ARGUMENTS: Source(f"spec/{ARGUMENTS}", text)})

    (argument,) = arguments(told(ARGUED.replace('"because"', '"""so\nthat"""')), every)
    assert "so that" == argument.why, "a table's cell has no lines"
    assert ["never"] == [mutation.what for mutation in every if argument.speaks_of(mutation)]
    changes = [("never", "always"), ("drop-tr", "dr"), ("ts/r", "t/r")]
    with pytest.raises(SpecError) as wrong:
        arguments(told("".join(ARGUED.replace(*change) for change in changes)), every)
    said = [str(mistake) for mistake in wrong.value.mistakes]
    assert [text.splitlines()[0] for text in said] == [
        f"spec/{ARGUMENTS}:6:9: there is no such mutant",
        f"spec/{ARGUMENTS}:10:13: there is no operator 'dransition'",
        f"spec/{ARGUMENTS}:18:9: there is no file 'chart/read_loop.yaml'",
    ]
    assert "known: never" in said[0]
    with pytest.raises(SpecError, match=r"equivalent.toml:1:1: \[\[mutant\]\] must be a table"):
        arguments(told("mutant = [1]\n"), every)
    other = ARGUED.replace("charts/read_loop.yaml", "profiles/go1.12.toml")
    assert 1 == len(arguments(told(other), every)), "of another profile's constants nothing is known here"


def test_no_property_notices_what_is_argued(spec: Spec, every: tuple[Mutation, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    argued = arguments(spec, every)
    chosen = tuple(mutation for mutation in every if any(argument.speaks_of(mutation) for argument in argued))
    _small(monkeypatch, Bounds(requests=1))
    monkeypatch.setattr(flow, "mutations", lambda *_: chosen)
    found = mutants(spec).tried
    assert {Fate.ARGUED, Fate.EQUIVALENT} >= {each.fate for each in found}, "one of them needs a second request to be seen at all"
    assert {argument.why for argument in argued} >= {each.reason for each in found if each.fate is Fate.ARGUED}
    assert len(argued) - 1 == [each.fate for each in found].count(Fate.ARGUED)


def report(every: tuple[Mutation, ...], *fates: Fate) -> MutationReport:
    def tried(mutation: Mutation, fate: Fate) -> Tried:
        killed = fate is Fate.KILLED
        why = "" if fate is Fate.SURVIVED or killed else "because"
        return Tried(mutation, fate, ("p",) if killed else (), Bounds() if killed else None, why)

    found = tuple(tried(mutation, fate) for mutation, fate in zip(every, fates, strict=False))
    return MutationReport("go1.27.2", "1.27", None, len(every), 1, False, (*flow.SIZES, flow.WIDE), ("p", "q"), found)


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([Fate.KILLED, Fate.EQUIVALENT, Fate.ARGUED, Fate.REFUSED], 0),
        ([Fate.KILLED, Fate.UNKNOWN], 3),
        ([Fate.UNKNOWN, Fate.SURVIVED], 1),
    ],
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_a_survivor_is_a_finding(
    every: tuple[Mutation, ...], monkeypatch: pytest.MonkeyPatch, fates: list[Fate], code: int, style: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(flow, "mutants", lambda *_: report(every, *fates))
    with pytest.raises(SystemExit) as stopped:
        main(["mutants", "--format", style, "-o", str(tmp_path / "page.md")])
    assert code == stopped.value.code
    assert (tmp_path / "page.md").read_text("utf-8").startswith("<!-- generated by 'pcstate mutants -o'")


def test_the_text_lists_what_is_not_explained(every: tuple[Mutation, ...], capsys: pytest.CaptureFixture[str]) -> None:
    mutants_text(report(every, *Fate))
    table, said = capsys.readouterr().out.split("\nsurvived ")
    assert "drop-transition" in table
    survived, unknown, summary = said.splitlines()
    for line, mutation in ((f"survived {survived}", every[1]), (unknown, every[5])):
        assert f"{line.split()[0]} {mutation.place}: {mutation.operator}: {mutation.where}: {mutation.what}" in line
    assert unknown.startswith("unknown ")
    assert unknown.endswith(" (because)")
    assert f"go1.27.2: 6 mutants of {len(every):,} (seed 1): 1 of 3 killed, score 33%; 1 survived, 1 equivalent" in summary


def test_the_json_is_what_the_schema_says(every: tuple[Mutation, ...]) -> None:
    schema = json.loads((SCHEMAS / "mutants.json").read_text("utf-8"))
    found = mutants_json(report(every, *Fate))
    assert [] == list(Draft202012Validator(schema).iter_errors(found))
    assert [*OPERATORS] == schema["$defs"]["mutant"]["properties"]["operator"]["enum"]
    assert [*Fate] == schema["$defs"]["mutant"]["properties"]["fate"]["enum"]
    assert 0.333 == found["score"], "killed, of killed, survived and unknown"
    found["mutants"][0]["properties"] = []
    assert list(Draft202012Validator(schema).iter_errors(found))
    assert mutants_json(report(every, Fate.REFUSED))["score"] is None


def test_the_page_lists_what_survived(every: tuple[Mutation, ...]) -> None:
    page = mutation_page(report(every, Fate.SURVIVED, Fate.KILLED))
    assert "2 mutants of" in page
    assert "1 of 2 killed, score 50%" in page
    survived = page.partition("## Survived")[2]
    assert every[0].what in survived
    assert str(every[0].place) in survived
    assert str(every[1].place) not in survived
    assert "| p | 1 | 1 |" in page
    assert "| q | 0 | 0 |" in page


def test_a_program_may_notice_what_no_property_does(pick: Pick, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is idle is never taken: nothing that is promised is broken, but every request dials."""
    monkeypatch.setattr(flow, "open_scenarios", lambda *_: [load_scenario(name, spec_root(), "") for name in ("unread", "seed")])
    mutation = pick("drop-transition", "caller", "get_conn: pool_hit_waits", "never")
    monkeypatch.setattr(flow, "mutations", lambda *_: (mutation,))
    monkeypatch.setattr(flow, "arguments", lambda *_: ())
    spec = pipeline.read_spec(only=["pooled-has-no-unread-body"])
    _small(monkeypatch, Bounds(requests=2, closers=0))
    report = mutants(spec, programs=True)
    assert (2, Fate.SURVIVED, "seed") == (report.programs, report.tried[0].fate, report.tried[0].program)
    assert "| program that notices |" in (page := mutation_page(report))
    assert "`seed` |" in page
    assert "1 of those that survived change the outcomes of a program" in page
    assert [] == list(
        Draft202012Validator(json.loads((SCHEMAS / "mutants.json").read_text("utf-8"))).iter_errors(mutants_json(report))
    )


def test_a_chart_without_mutants_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["mutants", "--chart", "read_lop"])
    assert 2 == stopped.value.code
    assert "--chart: there are no mutants of 'read_lop'" in (said := capsys.readouterr().err)
    assert "did you mean 'read_loop'?" in said
