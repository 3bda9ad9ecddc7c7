"""What numba lacks for words of bits."""

from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["inner", "mix", "ones", "trailing"]

inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For a function that only compiled ones call."""


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


@njit(inline="always")
def mix(value: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3 (Appleby): every bit of the argument moves every bit of the result."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))
