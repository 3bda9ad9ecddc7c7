"""What `explain` prints: the answer in the first line, then each group of connections, the worst first."""

from typing import Any

from pcstate.model.diagnosis import Diagnosis, Group
from pcstate.show.console import listed, span, terminal

__all__ = ["explain_json", "explain_text", "headline"]

BESIDE = 10
"""Other dumps of the file of which something is said."""
_TITLES = {
    "idle": "idle, kept for reuse",
    "awaiting-headers": "waiting for the head of a response",
    "reading-headers": "in the middle of a response's head",
    "body-unfinished": "held by a response body that is neither read to the end nor closed",
    "body-being-read": "whose response body is being read, and does not come",
    "draining": "about to be reused or closed",
    "writing-request": "writing a request that the server does not read",
    "request-body-stalled": "waiting for the program's own request body",
    "awaiting-100-continue": "waiting for 100 Continue",
    "dialing": "being dialled",
    "queued": "waiting for a connection, and nobody dials for it",
    "orphaned-write-loop": "of which only writeLoop is there",
    "http2": "of HTTP/2",
    "unknown": "in a state that the dump does not tell",
}
_PHASES = {"dns": "looking up the host", "tcp": "connecting", "tls": "in the TLS handshake", "proxy": "waiting for the proxy"}


def explain_text(found: Diagnosis) -> None:
    """The verdict, each group with why and what to do, and what else is in the dump."""
    out = terminal()
    out.print(headline(found), style="bold", markup=False, soft_wrap=True)
    for group in found.groups:
        out.print()
        for line in _group_lines(group):
            out.print(line, markup=False, soft_wrap=True)
    if found.groups:
        out.print()
    for line in _remarks(found):
        out.print(line, markup=False, soft_wrap=True)


def headline(found: Diagnosis) -> str:
    """The answer in one line."""
    if not found.groups:
        if found.missing:
            return f"inconclusive: no HTTP client connection in what there is; {found.missing}"
        return f"none: no HTTP client connection in {'this dump' if found.whole else 'what looks like a part of a dump'}"
    if not found.conclusive:
        return f"inconclusive: {listed([_counted(group) + _age(group) for group in found.groups])}"
    kinds = ["leak", "stuck"] if found.verdict != "no-leak" else ["no leak"]
    parts = {kind: [_counted(group) + _age(group) for group in found.groups if _kind(group) == kind] for kind in kinds}
    return "; ".join(f"{kind}: {listed(each)}" for kind, each in parts.items() if each)


def explain_json(found: Diagnosis) -> dict[str, Any]:
    """The diagnosis as `pcstate schema explain` says."""
    return {
        **({"dump": found.number} if found.beside or found.number > 1 else {}),
        "go": found.go or None,
        "format": found.format,
        "verdict": found.verdict,
        "groups": [_group_json(group) for group in found.groups],
        "server_goroutines": found.server_goroutines,
        "other_goroutines": found.other_goroutines,
        **({} if found.conclusive else {"reason": _reason(found)}),
        **({"beside": [explain_json(each) for each in found.beside]} if found.beside else {}),
    }


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "state": group.state,
        **({"phase": group.phase} if group.phase else {}),
        "connections": group.connections,
        **({"unit": group.unit} if group.unit != "connection" else {}),
        "goroutines": group.goroutines,
        "leak": group.leak,
        "stuck": group.stuck,
        "confidence": group.confidence,
        "minutes": group.minutes,
        "frames": list(group.frames),
        **({"candidates": list(group.candidates)} if group.candidates else {}),
        **({"holders": group.holders, "held_at": list(group.held_at)} if group.holders else {}),
        "why": group.why,
        "fix": group.fix,
        "predict": group.predict or None,
    }


def _kind(group: Group) -> str:
    return "leak" if group.leak else "stuck" if group.stuck else "no leak" if group.told else "inconclusive"


def _age(group: Group) -> str:
    return f", for up to {span([group.minutes], 'minute')}" if group.minutes else ""


def _counted(group: Group) -> str:
    count = span([group.connections], group.unit) if group.connections else span([group.goroutines], "goroutine")
    title = group.title or (f"{_TITLES[group.state]} ({_PHASES[group.phase]})" if group.phase else _TITLES[group.state])
    return f"{count} {title}" + (f" ({group.remark})" if group.remark else "")


def _group_lines(group: Group) -> list[str]:
    about = f"{_kind(group)}, {group.confidence}"
    lines = [f"{_counted(group)}: {span([group.goroutines], 'goroutine')}{_age(group)} [{about}]"]
    lines.append(f"  why:  {group.why}")
    lines.append(f"  fix:  {group.fix}")
    for number, frame in enumerate(group.frames):
        lines.append(f"  {'' if number else 'code:':5} {frame}")
    if group.candidates:
        lines.append("  code? the dump does not tell which of these, if any:")
        lines += [f"        {frame}" for frame in group.candidates]
    if group.leak and not group.frames and group.state == "body-unfinished":
        lines.append(
            "  code: the dump does not say who asked: with GODEBUG=tracebackancestors=5 (Go 1.11 or later) one with debug=2 does"
        )
    for number, place in enumerate(group.held_at):
        lines.append(f"  {'' if number else 'held?':5} {place}")
    if more := group.holders - sum(int(place.partition(" ")[0]) for place in group.held_at):
        lines.append(f"        {more} elsewhere")
    if group.predict:
        lines.append(f"  see:  {group.predict}")
    return lines


def _remarks(found: Diagnosis) -> list[str]:
    form = f"read as {found.format}" + (f", from Go {found.go}" if found.go else "")
    servers, others = span([found.server_goroutines], "goroutine"), found.other_goroutines
    crowd = f", {found.crowd}" if found.crowd else ""
    lines = [f"({form}; besides, {servers} of HTTP servers and {span([others], 'other')}{crowd})"]
    if found.beside:
        lines.append(f"(this is dump {found.number} of {len(found.beside) + 1} in the file, the largest)")
        lines += [f"(dump {each.number}: {headline(each)})" for each in found.beside[:BESIDE]]
        if len(found.beside) > BESIDE:
            lines.append(f"({len(found.beside) - BESIDE} more dumps)")
    if not found.whole and (found.groups or not found.missing):
        lines.append(f"({_reason(found)})")
    return lines


def _reason(found: Diagnosis) -> str:
    """What the dump lacks, or else why what it has does not tell."""
    if found.missing or found.whole:
        return found.missing or "its goroutines stand where those of more than one state may"
    return "this looks like a part of a dump: what is not in it proves nothing"
