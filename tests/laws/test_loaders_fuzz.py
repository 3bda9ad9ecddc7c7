"""Whatever text a loader is given, it reads it, or says what is wrong and where in that text; never anything else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate import pipeline
from pcstate.errors import SpecError
from pcstate.model.verdict import Bounds
from pcstate.specs.bugs import parse_bug
from pcstate.specs.chart_text import parse_chart
from pcstate.specs.clauses import parse_clauses
from pcstate.specs.diagnosis import parse_diagnosis
from pcstate.specs.library import Spec
from pcstate.specs.network_text import NetworkText, parse_network
from pcstate.specs.networks import instantiate
from pcstate.specs.profiles import parse_profile
from pcstate.specs.properties import parse_property
from pcstate.specs.scenarios import parse_expression, parse_scenario
from pcstate.specs.source import Source, read_source, spec_root
from pcstate.specs.steering import parse_steering

LOADERS: dict[str, Callable[[Source], object]] = {
    "charts": parse_chart,
    "networks": parse_network,
    "profiles": lambda source: parse_profile(source, "fuzzed"),
    "properties": lambda source: parse_property(source, "fuzzed"),
    "clauses": parse_clauses,
    "replay": parse_steering,
    "bugs": lambda source: parse_bug(source, "fuzzed"),
    "diagnosis": parse_diagnosis,
    "scenarios": lambda source: parse_scenario(source, "fuzzed"),
}
FILES = {
    kind: [path.read_text(encoding="utf-8") for path in sorted((spec_root() / kind).rglob("*")) if path.is_file()]
    for kind in LOADERS
}
WORDS = ["", "[", "]", "{", "}", '"', "'", "#", ":", "=", "-", "\t", "\r", "\x00", "\x85", "\u2028", "é", "0", "-1"]
WORDS += ["1e999", "true", "null", "*a", "&a", "!!python/none", "<<: {}", "states:", "[[caller]]", "[sync]", "name = 1"]
WORDS += ["10" * 3000, "2020-01-01", "[]", "{}", "nan", "? a", "---", "...", "((((", "'''", '"""', "for", "send"]
Text = st.text(st.characters(codec="utf-8"), max_size=200)


@st.composite
def damaged(draw: st.DrawFn, texts: list[str]) -> str:
    """A real file after one to four edits: of a line, or of a span of characters."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        by_line = draw(st.booleans())
        parts: list[str] = text.splitlines(keepends=True) if by_line else list(text)
        if not parts:
            break
        start = draw(st.integers(0, len(parts) - 1))
        end = min(len(parts), start + (1 if by_line else draw(st.integers(1, 30))))
        span = parts[start:end]
        edit = draw(st.sampled_from(["delete", "duplicate", "replace"]))
        new = {"delete": [], "duplicate": span * 2, "replace": [draw(st.sampled_from(WORDS) | Text), "\n" * by_line]}[edit]
        text = "".join([*parts[:start], *new, *parts[end:]])
    return text


def read(load: Callable[[Source], Any], source: Source) -> Any:
    """What `load` makes of `source`; None, after a look at each mistake, where it refuses it."""
    try:
        return load(source)
    except SpecError as error:
        lines = source.text.splitlines() or [""]
        for mistake in error.mistakes:
            place = mistake.place
            assert source.path == place.path, mistake
            assert 1 <= place.line <= len(lines), mistake
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1, mistake
            assert 1 <= place.width, mistake
            assert mistake.message, mistake
            assert lines[place.line - 1] == mistake.source_line
        return None


@pytest.mark.parametrize("kind", LOADERS)
@given(data=st.data())
def test_any_text_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    text = data.draw(Text | st.lists(st.sampled_from(WORDS), max_size=12).map("\n".join))
    read(LOADERS[kind], Source("fuzzed", text))


@pytest.mark.parametrize("kind", LOADERS)
@given(data=st.data())
def test_a_damaged_spec_file_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    read(LOADERS[kind], Source("fuzzed", data.draw(damaged(FILES[kind]))))


@pytest.mark.parametrize("kind", LOADERS)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(kind: str, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzzed-{kind}"
    path.write_bytes(content)
    try:
        source = read_source(path)
    except SpecError as error:
        assert [str(path)] == [mistake.place.path for mistake in error.mistakes]
        return
    read(LOADERS[kind], source)


@given(
    st.lists(st.sampled_from(["get", "head", "read 5", "read-all", "close", "spawn close", "read", "'", "get'", "²", " "]) | Text)
    .map(";".join),
    st.integers(-2, 1002),
)  # fmt: skip
def test_any_expression_is_read_or_refused(text: str, requests: int) -> None:
    try:
        parse_expression(text, requests)
    except SpecError as error:
        for mistake in error.mistakes:
            assert "-e" == mistake.place.path
            if mistake.place.line == 0:
                assert mistake.message.startswith("-n ")
                continue
            assert 1 == mistake.place.line
            assert 1 <= mistake.place.column <= len(text) + 1
            assert len(text) == len(mistake.source_line)


@given(damage=damaged(FILES["networks"]))
def test_a_damaged_network_is_built_or_refused(damage: str, spec: Spec) -> None:
    text: NetworkText | None = read(parse_network, Source("fuzzed", damage))
    if text is None or max(text.parameters.values(), default=1) > 3:  # a large network is slow, not wrong
        return
    built = pipeline.build(spec, spec.profiles[0], Bounds())
    read(lambda source: instantiate(text, built.behaviours, spec.profiles[0].constants), text.source)


def test_every_undamaged_file_is_read(root: Path) -> None:
    for kind, load in LOADERS.items():
        for path in sorted(path for path in (root / kind).rglob("*") if path.is_file()):
            assert load(read_source(path)) is not None
