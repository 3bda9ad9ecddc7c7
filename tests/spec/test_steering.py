"""A mistake in spec/replay is refused with its place: what names nothing, what is forgotten, and what cannot be."""

import shutil
from pathlib import Path

import pytest

from pcstate import pipeline
from pcstate.errors import SpecError
from pcstate.specs.library import Spec

FILE = "replay/steering.toml"
DAMAGE = {
    "an unknown vector": ('vectors = ["rest"]', 'vectors = ["rast"]', "there is no vector 'rast'", "did you mean 'rest'?"),
    "a vector that is spoken of twice": ('vectors = ["rest"]', 'vectors = ["rest", "respond"]', "spoken of twice", ""),
    "a forgotten vector": (
        'vectors = ["cancel", "cancel_elsewhere"]',
        'vectors = ["cancel"]',
        "nothing here says how vector 'cancel_elsewhere' comes about (environment)",
        "put it into an [[action]]",
    ),
    "an unknown deed": ('does = "respond"', 'does = "answer"', "does cannot be 'answer'", "known: cancel,"),
    "neither deed nor gate": ('does = "respond"\n', "", "either does something or opens a gate", "give it 'does' or 'opens'"),
    "both": ('does = "respond"\n', 'does = "respond"\nopens = "body"\n', "either does something or opens a gate", ""),
    "an unknown gate": ('opens = "head"', 'opens = "heed"', "opens cannot be 'heed'", "did you mean 'head'?"),
    "a gate that our program has not": ('name = "head"  ', 'name = "foot"  ', "name cannot be 'foot'", "known: body,"),
    "a gate twice": ('name = "head"  ', 'name = "peek"  ', "'peek' is here 2 times", ""),
    "a gate that nothing opens": (
        'opens = "got-conn"',
        'opens = "do"',
        "nothing opens the gate 'got-conn'",
        "",
    ),
    "what a gate does not let through": ('passes = "head"', 'passes = "body"', "passes cannot be 'body'", "known: eof, head"),
    "nothing for a gate to let through": ('passes = "head"\n', "", "passes cannot be ''", "known: eof, head"),
    "something for a gate that lets nothing through": (
        'opens = "head"\n',
        'opens = "head"\npasses = "all"\n',
        "passes cannot be 'all'",
        "",
    ),
    "a key that a vector has not": (
        'key = "j"\n[[action]]\nvectors = ["read_head"]',
        'key = "r"\n[[action]]\nvectors = ["read_head"]',
        "vector 'read_head' has no argument 'r'",
        "known: a, d, j",
    ),
    "a clock without a time": ("ms = 50\n", "", "'ms' is missing", ""),
    "a clock that never ends": ("ms = 50\n", "ms = 5000\n", "from 1 to 1000 ms", ""),
    "no vectors": ('vectors = ["rest"]\n', "", "'vectors' is missing", ""),
    "an unknown chart": ('chart = "closer"', 'chart = "opener"', "there is no chart 'opener'", ""),
    "a forgotten chart": (
        '[[stand]]\nchart = "drainer"\nrole = "caller"\n[stand.states]\n"" = ["none", "sent"]\n'
        '"drain-helper" = ["draining", "orphan"]\n',
        "",
        "no [[stand]] says where drainer is seen",
        "",
    ),
    "an unknown state": ('"orphan"]', '"orphan", "lost"]', "drainer has no state 'lost'", "known: draining"),
    "a forgotten state": (', "orphan"]', "]", "where drainer is seen in state 'orphan'", ""),
    "an unknown point": ('"drain-helper" =', '"drain-holper" =', "no point of caller is called 'drain-holper'", "did you mean"),
    "an error vector without an error": ('errors = ["failed"', 'errors = ["retry"', "vector 'retry' has no argument 'e'", ""),
    "a dial of no connection": ('start_dial = "j"', 'start_dial = "c"', "vector 'start_dial' has no argument 'c'", ""),
    "a key of its own": ('does = "respond"', 'does = "respond"\ncolour = "red"', "an action has no key 'colour'", "known:"),
    "a table of its own": ("[[never]]\n", "[[ever]]\n", "a file of spec/replay has no key 'ever'", ""),
    "an action that is none": ('errors = [', 'action = [1]\nerrors = [', "not TOML", ""),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "hint"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_mistake_is_placed_and_explained(root: Path, tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    copy = Path(shutil.copytree(root, tmp_path / "spec"))
    text = (copy / FILE).read_text(encoding="utf-8")
    assert old in text
    (copy / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError) as raised:
        pipeline.read_spec(copy)
    found = [mistake for mistake in raised.value.mistakes if message in mistake.message]
    assert found, str(raised.value)
    assert all(f"spec/{FILE}" == mistake.place.path for mistake in raised.value.mistakes)
    assert hint in found[0].hint


def test_every_step_of_the_user_and_the_server_is_spoken_of(spec: Spec) -> None:
    """So that a new one is not taken for one that happens by itself."""
    spoken = {name for action in spec.steering.actions for name in action.vectors} | dict(spec.steering.never).keys()
    asked = {sync["name"] for sync in spec.network.syncs if sync.get("class")}
    assert set() == asked - spoken
