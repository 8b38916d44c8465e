"""Text → vector for the intent classifier: sentence embedding, hashed letter groups, hashed words, closed cues.

The embedding carries meaning; letter groups forgive typos and endings; words carry what the embedding blurs
("undo", "rückgängig"); cues say what the parser and the readers find. Hashing is CRC-32, so the vector is the same on
every machine and version.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agent.models.offline.cues import cues
from agent.models.offline.gloss import gloss, language_of

EMBEDDING = 384
LETTERS = 2048
WORDS = 1024
LETTER_WEIGHT = 0.7
WORD_WEIGHT = 0.7
CUE_WEIGHT = 0.25
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)?")
_WORD = re.compile(r"\w+")


def features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of messages in English or German.

    Returns:
        float32, N x (384 + LETTERS + WORDS + cues); the first three parts have length 1 times their weight, a cue is
        0 or `CUE_WEIGHT`.
    """
    from knowledge.embedding import embed_texts

    glossed = [gloss(text, language_of(text)) for text in texts]
    letters = np.stack([_hashed(_letter_groups(_plain(text)), LETTERS) for text in texts])
    words = np.stack([_hashed(_word_groups(_plain(text)), WORDS) for text in glossed])
    return np.hstack(
        [embed_texts(glossed), LETTER_WEIGHT * letters, WORD_WEIGHT * words, CUE_WEIGHT * cues(texts)]
    ).astype(np.float32)


def _plain(text: str) -> str:
    return _NUMBER.sub("0", text.lower().strip())


def _letter_groups(text: str) -> list[str]:
    """Groups of 2 to 4 letters inside words, with the words' borders."""
    padded = [f" {word} " for word in text.split()]
    return [word[i : i + n] for word in padded for n in (2, 3, 4) for i in range(max(1, len(word) - n + 1))]


def _word_groups(text: str) -> list[str]:
    words = _WORD.findall(text)
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def _hashed(groups: Sequence[str], size: int) -> NDArray[np.float32]:
    vector = np.zeros(size, np.float32)
    for group in groups:
        vector[zlib.crc32(group.encode()) % size] += 1.0
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector
