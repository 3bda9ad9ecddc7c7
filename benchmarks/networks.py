"""The networks that are timed: the spec's, programs in it, and two families that are easy to scale."""

from collections.abc import Callable, Mapping

from pcstate import pipeline
from pcstate.export import exported_network
from pcstate.model.lts import Event, lts
from pcstate.model.network import Component, Network, Vector
from pcstate.model.verdict import Bounds
from pcstate.specs.profiles import choose_profile

__all__ = ["NETWORKS"]


def philosophers(count: int) -> Network:
    """Dining philosophers, who take their left fork first; where each holds one, nothing can happen any more."""
    person = lts("thinks -left-> hungry -right-> eats -done-> thinks")
    fork = lts("free -take-> taken -drop-> free")
    components = [Component("person", n, "goroutine", person, 0) for n in range(count)]
    components += [Component("fork", n, "object", fork, 0) for n in range(count)]
    vectors = []
    for n in range(count):
        left, right = count + n, count + (n + 1) % count
        vectors.append(Vector("left", (("n", n),), ((n, Event("left")), (left, Event("take")))))
        vectors.append(Vector("right", (("n", n),), ((n, Event("right")), (right, Event("take")))))
        drops = ((n, Event("done")), (left, Event("drop")), (right, Event("drop")))
        vectors.append(Vector("done", (("n", n),), drops))
    return Network(f"philosophers-{count}", tuple(components), tuple(vectors))


def independent(count: int, length: int) -> Network:
    """Rings of `length` places that have nothing to do with each other: length ** count states."""
    ring = lts(" -go-> ".join(f"p{n % length}" for n in range(length + 1)))
    components = tuple(Component("ring", n, "goroutine", ring, 0) for n in range(count))
    return Network(f"rings-{count}", components, tuple(Vector("go", (("n", n),), ((n, Event("go")),)) for n in range(count)))


def transport(go: str, **sizes: int) -> Network:
    """The spec's network, without the second closer."""
    spec = pipeline.read_spec()
    return exported_network(spec, choose_profile(spec.profiles, go), Bounds(closers=0, **sizes))


def program(steps: str, requests: int, conns: int) -> Network:
    """The spec's network with one caller that runs `steps`; time is not ordered."""
    spec = pipeline.read_spec()
    scenario = pipeline.open_scenario(None, steps, requests)
    return exported_network(spec, choose_profile(spec.profiles, None), Bounds(conns=conns), scenario)


NETWORKS: Mapping[str, Callable[[], Network]] = {
    "get; read-all, 1 request": lambda: program("get; read-all", 1, 1),
    "get; close, 2 requests, 2 conns": lambda: program("get; close", 2, 2),
    "get; read-all, 3 requests, 2 conns": lambda: program("get; read-all", 3, 2),
    "philosophers 8": lambda: philosophers(8),
    "transport 1.27, 1 request": lambda: transport("1.27", requests=1),
    "transport 1.27": lambda: transport("1.27"),
    "transport 1.12": lambda: transport("1.12"),
    "philosophers 12": lambda: philosophers(12),
    "transport 1.27, 3 requests": lambda: transport("1.27", requests=3),
    "rings 4 ^ 10": lambda: independent(10, 4),
    "transport 1.27, 2 callers, 1 request": lambda: transport("1.27", callers=2, requests=1),
    "transport 1.27, 6 requests": lambda: transport("1.27", requests=6),
    "philosophers 16": lambda: philosophers(16),
    "philosophers 18": lambda: philosophers(18),
    "transport 1.27, 2 conns": lambda: transport("1.27", conns=2),
}
"""By name, the smallest first."""
