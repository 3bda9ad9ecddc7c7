"""Steps that a search may take before all else: fewer states, and the same verdicts on what does not look at them.

Theory of operation: reduction by strong confluence (Groote and van de Pol 2000, "State space reduction using partial
tau-confluence"). Whatever else can happen where such a step is possible can happen after it too, and comes to the same. So of the
steps from a state one of these is enough, if it leads elsewhere; no circle is made of them alone. A state where nobody can move
is never left out, for it has no such step; nor is what a formula says that looks at nothing that such a step moves. What must
happen in the end (`leads-to`) and the order of events (`refinement`) are not kept.

The network file declares which steps are confluent (`first`); tests hold it against explored networks.
"""

from collections.abc import Iterable

from pcstate.check.judge import movers
from pcstate.model.network import Network
from pcstate.model.property import CompiledProperty

__all__ = ["ALWAYS", "kept", "steps_first"]

ALWAYS = "always"
"""The steps that are confluent with every other one, a clock's too."""
_OF_STATES = ("always", "sometimes")
_AT_REST = "deadlock"


def steps_first(network: Network) -> frozenset[int]:
    """The vectors that may come first where only properties are judged that are `kept`."""
    owed = movers(network)
    return frozenset(number for number, vector in enumerate(network.vectors) if vector.first == ALWAYS and number in owed)


def kept(network: Network, asked: Iterable[CompiledProperty]) -> tuple[str, ...]:
    """The names of those properties of which the same is said then."""
    moved = {c for number in steps_first(network) for c, _ in (*network.vectors[number].who, *network.vectors[number].also)}

    def stays(compiled: CompiledProperty) -> bool:
        looked = {component for formula in compiled.formulas for component in formula.components}
        return compiled.promise.kind == _AT_REST or (compiled.promise.kind in _OF_STATES and not looked & moved)

    return tuple(compiled.promise.name for compiled in asked if stays(compiled))
