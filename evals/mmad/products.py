"""Which of several named products the photos show: evidence for each option, in nats, 0 where there is none.

Three independent pieces, added up. None knows a product line; all of them are weak, and options whose sums lie within
`TIE` of each other are equals (see `offline`: chance decides, not the order).

- The ImageNet classifier, for options that one of its classes names ("bottle", "screw"): a class that is clearly seen
  speaks for its option, one that is not seen speaks a little against it, for parts are often photographed as nobody
  photographs them. An option without a class of its own ("transistor") is neither helped nor hurt.
- Whether there is a background: surfaces ("carpet", "sheet steel") fill the frame, objects lie in it.
- What is known of the product, where the condition shows it: texts that name an option speak for it.

The photos in question and the good photos beside it show the same product, so all of them count alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.mmad.match import likeness, plain
from evals.mmad.objects import names, sighting
from tools.generation.renderer.foreground import find_part
from tools.vision.types import RgbImage

TIE = 0.5
"""Nats. Less than this between two options is no reason to prefer one."""
NAMED_FROM, NAMED_FULLY = 0.6, 0.8
"""Cosine of an option and a class name (MiniLM) from which on, and at which fully, the class stands for the option."""
NEAR = 0.1
"""Classes this near to an option's best one stand for it as well: "wine bottle" and "water bottle"."""
SEEN, SEEN_SPREAD = 6.0, 2.0
"""`sighting` of a class that is there; of one that is not: 0 and 1."""
UNUSUAL = 0.3
"""Share of photos on which a class that is there is not recognised at all."""
MOST = 3.0
"""Nats that the classifier may say for an option; photos of parts are unlike its own."""
SURFACE = "the surface texture of a material such as fabric, paper or stone"
OBJECT = "a small object such as a tool, a toy or a container"
MIDDLE, CLEAR = -0.08, 0.12
"""Difference of an option's cosines to the two: at which it is neither, and how much further it is clearly one."""
FILLED, FREE = 0.10, 0.25
"""Share of background on the photos: up to the first they count as filled by the part, from the second on as not."""
FIT = 0.75
"""Share of surfaces that fill the frame, and of objects that do not; of what is neither, half do."""
MENTIONED, ALIKE = 3.0, 12.0
"""Nats for an option that all known texts name, and for a cosine of 1 with them."""
Scores = NDArray[np.float64]


def product_evidence(
    images: Sequence[RgbImage], options: Sequence[str], knowledge: Mapping[str, str]
) -> tuple[Scores, str]:
    """How strongly photos, and what is known, speak for each option.

    Args:
        images: of one product, `uint8` H x W x 3, at least one.
        options: names of products, as they are written.
        knowledge: defect type or `good` → text, of the product; empty where the condition shows none.

    Returns:
        A value an option, in nats; and in a sentence what it rests on.
    """
    texts = [plain(option) for option in options]
    seen, words = _seen(images, texts)
    framed, frame_words = _framed(images, texts)
    scores = seen + framed
    if knowledge:
        return scores + _known(texts, knowledge), "what is known of the product"
    return scores, f"{words}; {frame_words}"


def seen_ratio(value: float) -> float:
    """Log likelihood ratio of a class being there, of its `sighting`."""
    clear = min(max(value, 0.0), 30.0)
    there = (1 - UNUSUAL) / SEEN_SPREAD * np.exp(-0.5 * ((clear - SEEN) / SEEN_SPREAD) ** 2)
    absent = np.exp(-0.5 * clear**2)
    return float(np.clip(np.log(UNUSUAL + there / absent), np.log(UNUSUAL), MOST))


def _seen(images: Sequence[RgbImage], texts: Sequence[str]) -> tuple[Scores, str]:
    classes = names()
    if not classes:
        return np.zeros(len(texts)), "no classifier"
    values = sighting(images)
    cosines = likeness(classes, texts)
    scores = np.zeros(len(texts))
    for index in range(len(texts)):
        best = float(cosines[:, index].max())
        named = min(max((best - NAMED_FROM) / (NAMED_FULLY - NAMED_FROM), 0.0), 1.0)
        if named > 0:
            stands = cosines[:, index] >= max(best - NEAR, NAMED_FROM)
            scores[index] = named * seen_ratio(float(values[stands].max()))
    return scores, f"most like {classes[int(values.argmax())]} ({values.max():.1f})"


def _framed(images: Sequence[RgbImage], texts: Sequence[str]) -> tuple[Scores, str]:
    background = float(np.mean([1.0 - find_part(image).mask.mean() for image in images]))
    filled = float(np.clip((FILLED + FREE - 2 * background) / (FREE - FILLED), -1.0, 1.0))
    surface, thing = likeness([SURFACE, OBJECT], texts)
    kind = np.clip((surface - thing - MIDDLE) / CLEAR, -1.0, 1.0)
    return np.log(1.0 + (2 * FIT - 1) * filled * kind), f"{background:.0%} background"


def _known(texts: Sequence[str], knowledge: Mapping[str, str]) -> Scores:
    told = [" ".join(text.split())[:600] for text in knowledge.values()]
    mentions = [np.mean([f" {text}" in f" {plain(one)}" for one in told]) for text in texts]
    return np.asarray(MENTIONED * np.array(mentions) + ALIKE * likeness(told, texts).mean(axis=0))
