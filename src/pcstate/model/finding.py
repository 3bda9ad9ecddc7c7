"""A finding: one trace, with what it shows and what that holds for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcstate.model.clause import Clause
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement that has a trace, under one profile and within some bounds."""

    judgement: Judgement
    trace: Trace
    profile: str
    bounds: Bounds
    about: str = ""
    """The property in prose."""
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    """What the steps cite, by number."""

    @property
    def title(self) -> str:
        """`no-goroutine-is-forgotten: VIOLATED`."""
        return f"{self.judgement.name}: {self.judgement.verdict}"

    @property
    def scope(self) -> str:
        """Profile, length and bounds in one line."""
        steps = f"{len(self.trace.steps)} step{'' if len(self.trace.steps) == 1 else 's'}"
        if self.trace.loop is not None:
            steps += f", the last {len(self.trace.steps) - self.trace.loop} of them for ever"
        return f"{self.judgement.kind}; {self.profile}; {steps}; bounds: {self.bounds.told}"

    def sentence(self, clause: str) -> str:
        """What a clause says; `""` for one that is unknown."""
        return self.clauses[clause].sentence if clause in self.clauses else ""
