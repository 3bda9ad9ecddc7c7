"""A sequence diagram -> Mermaid's `sequenceDiagram`, for pages that draw it."""

from pcstate.model.finding import Finding
from pcstate.show.sequence import Row, Sequence, sequence
from pcstate.show.text import HEADER, plain

__all__ = ["sequence_mermaid"]


def sequence_mermaid(finding: Finding) -> str:
    """Participants, a message for what several lanes take together, a note for the steps of one lane, `loop` for what repeats.

    Each line has its step's number; a step that reaches several lanes has a message to each. What a buffered channel carries is
    named in the receiver's note, for Mermaid has no message that takes its time.
    """
    drawn = sequence(finding.trace)
    rows = [f"%% {HEADER}", f"%% {finding.title}", f"%% {finding.scope}"]
    rows += ["sequenceDiagram", f"    accTitle: {plain(finding.title)}", f"    accDescr: {plain(finding.scope)}"]
    rows.append(f"    title {finding.judgement.name} {finding.judgement.verdict}, {finding.profile}")
    for number, lane in enumerate(drawn.lanes):
        word = "actor" if lane.kind == "environment" else "participant"
        rows.append(f"    {word} p{number} as {plain(lane.component)}")
    for number, row in enumerate(drawn.rows):
        if number == drawn.loop:
            rows.append("    loop for ever")
        inside = drawn.loop is not None and number >= drawn.loop
        rows += [("        " if inside else "    ") + line for line in _lines(drawn, row, number)]
    if drawn.loop is not None:
        rows.append("    end")
    return "\n".join(rows) + "\n"


def _lines(drawn: Sequence, row: Row, number: int) -> list[str]:
    text = plain(f"{row.number}. {row.step.action} {row.step.clause}".rstrip())
    if row.targets:
        return [f"p{row.origin}->>p{target}: {text}" for target in row.targets]
    came = [drawn.rows[link.sent] for link in drawn.links if link.received == number]
    source = "".join(f"<br/>from {plain(drawn.lanes[sent.origin].component)}, step {sent.number}" for sent in came)
    state = "".join(f"<br/>to {plain(state)}" for _, state in row.states)
    return [f"Note over p{row.origin}: {text}{source}{state}"]
