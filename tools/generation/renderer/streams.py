"""Random numbers that depend on names, not on the order in which they are asked for.

Every parameter, place and shape has a stream of its own, keyed by the seed and a name. Changing one field of a
Blueprint therefore leaves everything else of the picture as it was, which is what a comparison of two needs.
"""

from __future__ import annotations

import hashlib

import numpy as np


def _words(seed: int, names: tuple[str | int, ...]) -> bytes:
    text = "/".join((str(int(seed)), *(str(name) for name in names)))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def unit(seed: int, *names: str | int) -> float:
    """One number in [0, 1) that belongs to this seed and these names."""
    return int.from_bytes(_words(seed, names)[:8], "little") / 2.0**64


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator (PCG64) that belongs to this seed and these names."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(_words(seed, names), "little")))
