"""Whatever bytes `explain` is given, it answers, or says that they are no dump; and what it counts adds up."""

import gzip
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pcstate.errors import GoError
from pcstate.explain import explain
from pcstate.model.diagnosis import CONFIDENCES, STATES, VERDICTS, Diagnosis
from pcstate.show.explanation import explain_json, headline
from pcstate.specs.library import Spec
from tests.golang.dumps import EXPECTED

DUMPS = {path.name: path.read_bytes() for path in sorted((Path(__file__).parents[1] / "dumps").iterdir())}
TEXTS = [data for name, data in DUMPS.items() if name.endswith(".txt") and len(data) < 30_000]
PROFILES = [gzip.decompress(data) for name, data in DUMPS.items() if name.endswith(".gz")]
WORDS = [
    b"",
    b"\n",
    b"\n\n",
    b"\t",
    b"\r",
    b"\0",
    b"\xff",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b'{"',
    b'"}',
    b"\\n",
    b"\\u0000",
    b"&#x110000;",
]
WORDS += [
    b"goroutine ",
    b"goroutine 1 [select]:\n",
    b"goroutine 99999999999999999999 [IO wait, 99999999999 minutes]:\n",
    b"created by x",
]
WORDS += [
    b"net/http.(*persistConn).readLoop(0xc000)\n",
    b"net/http.(*persistConn).writeLoop(...)\n",
    b"goroutine profile: total 7\n",
]
WORDS += [
    b"7 @ 0x1 0x2\n",
    b"#\t0x1\tnet/http.(*Transport).getConn+0x1\t/x/y.go:1\n",
    b"[originating from goroutine 1]:\n",
    b"\x1f\x8b",
]
WORDS += [
    b"main.go:1",
    b"Goroutine 7 in state select, with x on top of the stack:",
    b"\x0a\x04\x08\x01\x10\x02",
    b"</pre>",
    "é·\u2028".encode(),
]
Bytes = st.binary(max_size=60) | st.sampled_from(WORDS)


@st.composite
def damaged(draw: st.DrawFn, sources: list[bytes]) -> bytes:
    """A real dump after one to six edits: of a line, or of a span of bytes; its end may be missing."""
    data = draw(st.sampled_from(sources))
    for _ in range(draw(st.integers(1, 6))):
        parts = data.splitlines(keepends=True) if draw(st.booleans()) else [data[n : n + 1] for n in range(len(data))]
        if not parts:
            break
        start = draw(st.integers(0, len(parts) - 1))
        end = min(len(parts), start + draw(st.integers(1, 30)))
        new = {"delete": [], "double": parts[start:end] * 2, "put": [draw(Bytes)], "swap": parts[start:end][::-1], "cut": []}
        edit = draw(st.sampled_from(sorted(new)))
        data = b"".join([*parts[:start], *new[edit], *(parts[end:] if edit != "cut" else [])])
    return data


def answered(spec: Spec, data: bytes) -> Diagnosis | None:
    """What is said of `data`, after a look at each part of it; None where it is refused."""
    try:
        found = explain(spec, io.BytesIO(data))
    except GoError as error:
        assert str(error)
        return None
    assert found.verdict in VERDICTS
    assert found.format
    assert (found.verdict == "none") == (not found.groups)
    assert found.server_goroutines >= 0 <= found.other_goroutines
    assert len(found.groups) == len({(group.state, group.phase) for group in found.groups})
    for group in found.groups:
        assert group.state in STATES and group.confidence in CONFIDENCES
        assert group.goroutines > 0 <= group.connections
        assert group.why and group.fix
    assert "\n" not in headline(found)
    assert explain_json(found)
    return found


@given(data=st.binary(max_size=400) | st.lists(Bytes, max_size=40).map(b"".join))
def test_any_bytes_are_answered(spec: Spec, data: bytes) -> None:
    answered(spec, data)


@given(data=damaged(TEXTS))
def test_a_damaged_dump_is_answered(spec: Spec, data: bytes) -> None:
    answered(spec, data)


@given(data=damaged(PROFILES))
def test_a_damaged_profile_is_answered(spec: Spec, data: bytes) -> None:
    answered(spec, data)


@given(data=damaged([gzip.compress(text, 1) for text in TEXTS[:4]]))
def test_damaged_gzip_is_answered(spec: Spec, data: bytes) -> None:
    answered(spec, data)


@given(data=st.data())
def test_a_dump_may_end_anywhere(spec: Spec, data: st.DataObject) -> None:
    """What is left of it says no more connections than the whole."""
    name = data.draw(st.sampled_from([name for name in DUMPS if name.endswith((".stack.txt", ".debug2.txt"))]))
    text = DUMPS[name]
    whole = answered(spec, text)
    part = answered(spec, text[: data.draw(st.integers(0, len(text)))])
    assert whole
    if part is not None:
        assert sum(group.goroutines for group in part.groups) <= sum(group.goroutines for group in whole.groups)
        assert part.other_goroutines + part.server_goroutines <= sum(
            (whole.other_goroutines, whole.server_goroutines, *(group.goroutines for group in whole.groups))
        )


@given(order=st.permutations(range(12)))
def test_the_order_of_goroutines_does_not_matter(spec: Spec, order: list[int]) -> None:
    for name in (name for name in DUMPS if name.endswith((".stack.txt", ".debug2.txt"))):
        blocks = DUMPS[name].strip().split(b"\n\n")
        mixed = sorted(enumerate(blocks), key=lambda item: order[item[0] % len(order)])
        found = answered(spec, b"\n\n".join(block for _, block in mixed) + b"\n")
        assert found and EXPECTED[name.partition("-go1.")[0]][0] == found.verdict
        assert answered(spec, DUMPS[name]) == found
