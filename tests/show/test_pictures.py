"""What a reader sees: everything is there, nothing is clipped or lies on the graph, the same whatever fonts there are."""

import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from pcstate.model.diagram import Diagram, DiagramEdge, DiagramNode
from pcstate.show.graphs import FORMATS, render
from pcstate.show.lettering import width, wrap
from pcstate.show.palette import EDGES, NODES

SVG = "{http://www.w3.org/2000/svg}"
ALL_KINDS = Diagram(
    "kinds",
    "Every kind <of node> & edge",
    tuple(DiagramNode(f"{kind}:1", f"a {kind} node \\n & <eof>", kind, "box" * (n % 2), n == 0) for n, kind in enumerate(NODES)),
    (
        *(DiagramEdge("state:1", f"{list(NODES)[n]}:1", f"by {kind}", kind) for n, kind in enumerate(EDGES, 2)),
        DiagramEdge("state:1", "final:1", "one"),
        DiagramEdge("state:1", "final:1", "two"),
        DiagramEdge("idle:1", "idle:1", "stay"),
        DiagramEdge("idle:1", "idle:1", "expire", "timer"),
    ),
    tuple((kind, f"means {kind}") for kind in (*NODES, *EDGES)),
    (("box", "Box; of <some>"),),
)


@pytest.fixture(scope="module")
def svg() -> ET.Element:
    return ET.fromstring(render(ALL_KINDS, ["svg"])["svg"])


def groups(svg: ET.Element) -> dict[str, ET.Element]:
    return {group.attrib["id"]: group for group in svg.iter(f"{SVG}g")}


def texts(element: ET.Element) -> str:
    return " ".join(text.text or "" for text in element.iter(f"{SVG}text"))


def points(element: ET.Element) -> list[tuple[float, float]]:
    """Every coordinate of the outlines in a group."""
    outlines = [*element.iter(f"{SVG}polygon"), *element.iter(f"{SVG}path")]
    drawn = " ".join(outline.attrib.get("points", "") + " " + outline.attrib.get("d", "") for outline in outlines)
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", drawn)]


def test_every_label_title_and_meaning_is_written(svg: ET.Element) -> None:
    written = texts(svg)
    assert all(f"by {kind}" in written for kind in EDGES)
    assert all(f"means {kind}" in written for kind in (*NODES, *EDGES))
    assert all(f"a {kind}" in written for kind in NODES)
    assert "Box; of <some>" in written
    assert "Every kind <of node> & edge" in written
    assert svg.findtext(f"{SVG}title") == "Every kind <of node> & edge"


def test_parallel_edges_are_one_line_with_both_labels_and_stay_apart_as_data(svg: ET.Element) -> None:
    assert [texts(group) for group in groups(svg).values() if group.attrib.get("class") == "edge"].count("by step one two") == 1
    aut = render(ALL_KINDS, ["aut"])["aut"].decode()
    assert '(0, "one", 2)' in aut
    assert '(0, "two", 2)' in aut


def test_a_step_that_stays_is_written_into_its_state_and_other_loops_are_drawn(svg: ET.Element) -> None:
    found = groups(svg)
    idle = found[f"node_{list(NODES).index('idle')}"]
    assert "↺ stay" in texts(idle)
    assert "expire" not in texts(idle)
    assert "stays in this state" in texts(svg)


def test_no_text_is_wider_or_higher_than_its_node(svg: ET.Element) -> None:
    for name, group in groups(svg).items():
        if not name.startswith("node_") or not points(group):
            continue
        (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points(group), strict=True))
        for text in group.iter(f"{SVG}text"):
            x, y, half = float(text.attrib["x"]), float(text.attrib["y"]), width(text.text or "", 13) / 2
            assert left + 3 <= x - half
            assert x + half <= right - 3
            assert top + 13 <= y + 3
            assert y <= bottom - 3


def test_the_legend_lies_below_the_whole_graph(svg: ET.Element) -> None:
    found = groups(svg)
    legend = min(y for _, y in points(found["legend_box"]))
    graph = [y for name, group in found.items() if name.startswith(("node_", "edge_", "group_")) for _, y in points(group)]
    assert max(graph) < legend


def test_nothing_lies_off_the_page(svg: ET.Element) -> None:
    wide, high = (float(size) for size in svg.attrib["viewBox"].split()[2:])
    right, down = map(float, re.findall(r"-?[\d.]+", groups(svg)["graph0"].attrib["transform"]))
    for x, y in points(svg):
        assert 0 <= x + right <= wide
        assert 0 <= y + down <= high


def test_a_kind_that_nobody_knows_is_our_mistake() -> None:
    for wrong in (
        replace(ALL_KINDS, nodes=(*ALL_KINDS.nodes, DiagramNode("x", "x", "purple"))),
        replace(ALL_KINDS, edges=(*ALL_KINDS.edges, DiagramEdge("idle:1", "idle:1", "x", "purple"))),
    ):
        with pytest.raises(AssertionError, match="purple"):
            render(wrong, ["aut"])


def test_every_kind_has_a_look_of_its_own_even_without_colour() -> None:
    for looks in (NODES, EDGES):
        seen = [tuple(sorted((k, v) for k, v in look.items() if "color" not in k)) for look in looks.values()]
        assert len(seen) == len(set(seen)), seen


def test_bytes_depend_neither_on_hash_seed_nor_locale_and_an_svg_not_on_fonts(tmp_path: Path) -> None:
    no_fonts = tmp_path / "fonts.conf"
    no_fonts.write_text(f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>", encoding="utf-8")
    code = (
        "import hashlib; from tests.show.test_pictures import ALL_KINDS; from pcstate.show.graphs import *\n"
        "for suffix, content in render(ALL_KINDS, FORMATS).items(): print(suffix, hashlib.sha256(content).hexdigest())"
    )
    printed = []
    for changed in (
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "7", "LC_ALL": "de_DE.UTF-8"},
        {"FONTCONFIG_FILE": str(no_fonts)},
    ):
        ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={**os.environ, **changed})
        printed.append(ran.stdout.decode().splitlines())
    assert len(printed[0]) == len(FORMATS)
    assert printed[0] == printed[1]
    assert [line for line in printed[0] if "png" not in line] == [line for line in printed[2] if "png" not in line]


def test_the_first_line_of_text_says_who_made_it_and_lines_end_in_lf() -> None:
    files = render(ALL_KINDS, ["dot", "mermaid", "graphml", "svg"])
    for suffix, at in (("dot", 0), ("mmd", 0), ("graphml", 1), ("svg", 1)):
        assert b"generated by 'make graphs' - do not edit" in files[suffix].split(b"\n")[at]
        assert b"\r" not in files[suffix]
        assert b"graphviz version" not in files[suffix].lower()


def test_mermaid_names_nothing_that_it_does_not_declare() -> None:
    text = render(ALL_KINDS, ["mermaid"])["mmd"].decode()
    declared = set(re.findall(r'" as (n\d+)$', text, flags=re.MULTILINE))
    used = set(re.findall(r"\b(n\d+) -->|--> (n\d+)", text))
    classes = set(re.findall(r"classDef (\w+) ", text))
    assert len(declared) == len(NODES)
    assert {name for pair in used for name in pair if name} <= declared
    assert classes == {word.split()[-1] for word in re.findall(r"^    class .*", text, flags=re.MULTILINE)}


def test_png_has_no_chunk_but_the_picture() -> None:
    data, at, chunks = render(ALL_KINDS, ["png"])["png"], 8, set()
    while at < len(data):
        chunks.add(data[at + 4 : at + 8])
        at += 12 + struct.unpack(">I", data[at : at + 4])[0]
    assert chunks <= {b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"}


def test_a_diagram_without_edges_legend_or_initial_state_is_drawn() -> None:
    plain = Diagram("plain", "Plain", (DiagramNode("a", ""),), ())
    assert set(render(plain, FORMATS)) == {"svg", "png", "dot", "mmd", "graphml", "aut"}


@pytest.mark.parametrize("columns", [8, 20, 32])
def test_wrapping_loses_no_word_and_leaves_no_line_too_long(columns: int) -> None:
    text = "recv_eofc [conn == j and req == r and first_drain]"
    lines = wrap(text, columns).split("\n")
    assert "".join(text.split()) == "".join("".join(lines).split())
    assert max(map(len, lines)) <= columns


def test_a_dense_diagram_is_laid_out_without_ranks_and_boxes_and_in_time() -> None:
    nodes = tuple(DiagramNode(f"s{n}", f"s{n}", group="box", initial=n == 0) for n in range(60))
    edges = tuple(DiagramEdge(f"s{n % 60}", f"s{(n * 7 + n // 60 + 1) % 60}", "go") for n in range(240))
    svg = render(Diagram("dense", "Dense", nodes, edges, (), (("box", "Box"),)), ["svg"])["svg"].decode()
    assert "group_0" not in svg
    assert all(f">s{n}<" in svg for n in range(60))


def test_parallel_edges_are_drawn_as_one_and_counted_so() -> None:
    """Whether a diagram is dense is asked of what is drawn: the caller's chart has 114 transitions, and many share their ends."""
    nodes = tuple(DiagramNode(f"s{n}", f"s{n}", group="box", initial=n == 0) for n in range(30))
    edges = tuple(DiagramEdge(f"s{n}", f"s{(n + 1) % 30}", f"go {k}") for n in range(30) for k in range(4))
    svg = render(Diagram("parallel", "Parallel", nodes, edges, (), (("box", "Box"),)), ["svg"])["svg"].decode()
    assert "group_0" in svg
