"""Verdicts: never a bool, always with the bounds they hold under."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pcstate.model.trace import Trace

__all__ = ["Bounds", "Judgement", "Verdict", "worst"]


class Verdict(StrEnum):
    """What a check came to. `UNKNOWN`: a limit stopped it; `NOT_RUN`: it does not apply here."""

    HOLDS = "HOLDS"
    VIOLATED = "VIOLATED"
    UNKNOWN = "UNKNOWN"
    NOT_RUN = "NOT_RUN"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """VIOLATED if any is, else UNKNOWN if any is, else HOLDS."""
    found = set(verdicts)
    return next((v for v in (Verdict.VIOLATED, Verdict.UNKNOWN) if v in found), Verdict.HOLDS)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The sizes of the network, and the limits on the search."""

    callers: int = 1
    conns: int = 1
    hosts: int = 1
    requests: int = 2
    closers: int = 1
    """The requests of each caller, the last ones, whose body another goroutine may close too."""
    max_conns_per_host: int = 0
    """http.Transport.MaxConnsPerHost; 0 sets no limit."""
    max_states: int = 100_000_000
    timeout: float = 600.0
    memory: int = 0
    """Bytes that the process may have in memory while it searches; 0 sets no limit."""

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes of the network, by name."""
        return {key: getattr(self, key) for key in ("callers", "conns", "hosts", "requests", "closers", "max_conns_per_host")}

    @property
    def told(self) -> str:
        """The sizes in words."""
        limit = f", MaxConnsPerHost {self.max_conns_per_host}" * bool(self.max_conns_per_host)
        sizes = f"callers {self.callers}, conns {self.conns}, hosts {self.hosts}, requests {self.requests} each"
        return f"{sizes}, closers {self.closers}{limit}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one property. `trace` is its counterexample when VIOLATED, its witness when a `sometimes` HOLDS."""

    name: str
    kind: str
    verdict: Verdict
    clauses: tuple[str, ...] = ()
    reason: str = ""
    trace: Trace | None = None
