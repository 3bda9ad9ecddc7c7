"""What numba lacks: compiled code that is kept as long as it is right, operations on words of bits, and arrays of which nobody
counts the references."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.core.caching import FunctionCache
from numba.extending import intrinsic

__all__ = ["SPREAD", "borrowed", "inner", "kept", "mix", "ones", "sources", "tight", "trailing"]

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The odd number nearest to 2 ** 64 divided by the golden ratio (Knuth 1973, multiplicative hashing)."""
inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For a function that only compiled ones call."""
tight = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
"""The same for one that is called for every component or fact: its code goes where it is called, and no arguments are copied."""


def sources() -> list[Path]:
    """The files that compiled code is made of: the loops, and what these take from others."""
    folder, others = Path(__file__).parent, ("commuting", "components", "packing", "persistent", "plan", "skeleton")
    return [*sorted(folder.glob("*kernels.py")), *(folder / f"{name}.py" for name in others)]


class _Cache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """Compiled code that is good for the present sources only. Numba looks at a function's own file, and would go on with what it
    calls as that was: in a clone that is pulled, and as an upgrade leaves what was kept, wherever something has changed."""

    _made_of = hashlib.sha256(b"".join(source.read_bytes() for source in sources())).hexdigest()

    def _index_key(self, sig: Any, codegen: Any) -> tuple[object, ...]:
        return (*super()._index_key(sig, codegen), self._made_of)


def kept(nogil: bool = False) -> Callable[[Any], Any]:
    """Compile a function when it is first called, and keep that for other processes."""

    def compiled(function: Any) -> Any:
        dispatcher = njit(nogil=nogil)(function)
        dispatcher._cache = _Cache(function)
        return dispatcher

    return compiled


@intrinsic
def trailing(typingctx: Any, value: Any) -> Any:
    """How many zero bits are below the lowest one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], cgutils.true_bit)

    return types.uint64(types.uint64), codegen


@intrinsic
def ones(typingctx: Any, value: Any) -> Any:
    """How many bits are one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), codegen


@intrinsic
def borrowed(typingctx: Any, values: Any) -> Any:
    """The same values, with nobody counting the references to those that are arrays: the caller keeps them alive.

    Each call of a compiled function counts its arguments twice, by instructions that lock the bus: nearly half of the time that
    the loops took which use this.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = args[0]
        for place, each in enumerate(values):
            if isinstance(each, types.Array):
                array = context.make_array(each)(context, builder, builder.extract_value(found, place))
                array.meminfo = cgutils.get_null_value(array.meminfo.type)
                found = builder.insert_value(found, array._getvalue(), place)
        return found

    return values(values), codegen


@njit(inline="always")
def mix(value: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3 (Appleby): every bit of the argument moves every bit of the result."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))
