"""Which search is taken, its limits, and searches that are written down and gone on with."""

from pathlib import Path

import numpy as np
import pytest

from pcstate import cli, pipeline, search
from pcstate.check.compiled import Search
from pcstate.check.limits import Limits, Status, resident
from pcstate.check.packed import PackedGraph
from pcstate.errors import SpecError
from pcstate.model.verdict import Bounds, Verdict
from pcstate.specs.library import Spec

BOUNDS = Bounds(requests=1, closers=0)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SMALL", 100)


def figures(report: pipeline.CheckReport) -> tuple[object, ...]:
    return report.states, report.transitions, report.depth, report.judgements


def test_both_searches_give_the_same_report_to_the_last_step_of_a_trace(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = pipeline.check(spec, "1.27.0", BOUNDS)
    monkeypatch.setattr(search, "SMALL", 100)
    found = pipeline.check(spec, "1.27.0", BOUNDS)
    assert isinstance(found.graph, PackedGraph)
    assert not isinstance(plain.graph, PackedGraph)
    assert Verdict.VIOLATED == plain.verdict
    assert figures(plain) == figures(found)


def test_loops_that_are_compiled_are_used_early_and_leave_nothing_out(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two callers are alike: of so few states of theirs none is left out, whichever search finds them."""
    monkeypatch.setattr(search, "_compiled_before", lambda pattern: False)
    bounds = Bounds(requests=1, closers=0, callers=2, max_states=20_000)
    plain = pipeline.check(spec, "1.27", bounds)
    monkeypatch.setattr(search, "_compiled_before", lambda pattern: True)
    monkeypatch.setattr(search, "READY", 100)
    found = pipeline.check(spec, "1.27", bounds)
    assert isinstance(found.graph, PackedGraph)
    assert not isinstance(plain.graph, PackedGraph)
    assert "" != plain.graph.stopped == found.graph.stopped
    assert () == found.reductions


def test_a_search_that_was_stopped_goes_on_from_its_checkpoint(spec: Spec, tmp_path: Path) -> None:
    file = tmp_path / "search.npz"
    whole = pipeline.check(spec, None, BOUNDS)
    stopped = pipeline.check(spec, None, Bounds(requests=1, closers=0, max_states=1000), checkpoint=file)
    assert Verdict.UNKNOWN == stopped.verdict
    assert 1000 < stopped.states < whole.states
    assert figures(whole) == figures(pipeline.check(spec, None, BOUNDS, checkpoint=file))


def test_an_interrupted_search_is_written_down(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(status: Status) -> None:
        if status.found > 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.check(spec, None, BOUNDS, interrupt, tmp_path / "search.npz")
    assert figures(pipeline.check(spec, None, BOUNDS)) == figures(
        pipeline.check(spec, None, BOUNDS, checkpoint=tmp_path / "search.npz")
    )


def test_a_long_search_is_written_down_now_and_then(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(search, "EVERY", 0.0)
    monkeypatch.setattr(search.Checkpoint, "write", lambda self, header, arrays: written.append(len(arrays["states"])))
    pipeline.check(spec, None, BOUNDS, checkpoint=tmp_path / "search.npz")
    assert len(written) > 10
    assert written == sorted(written)


def test_a_checkpoint_of_another_question_is_refused(spec: Spec, tmp_path: Path) -> None:
    file = tmp_path / "search.npz"
    pipeline.check(spec, "1.26", Bounds(requests=1, closers=0, max_states=500), checkpoint=file)
    for go, bounds in (("1.27", BOUNDS), ("1.26", Bounds(requests=2, closers=0))):
        with pytest.raises(SpecError, match="of another search"):
            pipeline.check(spec, go, bounds, checkpoint=file)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_checkpoint_is_refused(spec: Spec, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(SpecError, match="no checkpoint of a search"):
        pipeline.check(spec, None, BOUNDS, checkpoint=tmp_path / "other")


def test_an_archive_of_something_else_is_refused(spec: Spec, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", states=np.zeros(3))
    with pytest.raises(SpecError, match="no checkpoint of a search"):
        pipeline.check(spec, None, BOUNDS, checkpoint=tmp_path / "other.npz")


def test_a_checkpoint_that_cannot_be_written_is_said(spec: Spec, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be written"):
        pipeline.check(spec, None, Bounds(requests=1, closers=0, max_states=500), checkpoint=tmp_path / "missing" / "search.npz")


def test_one_checkpoint_is_for_one_go(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["check", "--go", "1.26", "--go", "1.27", "--checkpoint", "x"])
    assert 2 == exit_.value.code
    assert "give one --go" in capsys.readouterr().err


@pytest.mark.usefixtures("compiled")
def test_memory_is_a_limit_of_both_searches(spec: Spec) -> None:
    if not resident():
        pytest.skip("this system does not say how much memory a process has")
    report = pipeline.check(spec, None, Bounds(requests=1, closers=0, memory=1))
    assert "limit of 1e-09 GB of memory" == report.graph.stopped
    assert Verdict.UNKNOWN == report.verdict
    found = Search(report.graph.network)
    found.run(Bounds(memory=1))
    assert "limit of 1e-09 GB of memory" == found.stopped


def test_seconds_of_a_search_that_goes_on_do_not_count_against_its_timeout() -> None:
    limits = Limits(Bounds(timeout=100.0), before=1000.0)
    assert limits.seconds >= 1000
    assert "" == limits.reached(1, 1, 1)


def test_more_states_than_memory_could_hold_may_be_asked_for(spec: Spec) -> None:
    report = pipeline.check(spec, None, Bounds(requests=1, closers=0, max_states=10**12), checkpoint=None)
    found = Search(report.graph.network)
    found.run(Bounds(max_states=10**12))
    assert (report.states, "") == (found.total, found.stopped)
