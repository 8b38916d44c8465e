"""The answerer without any language model: a detector, measurements, a sentence model and a few rules of English.

detection       the detector's verdict, laid onto the option that says so
localisation    the found place against the places that the options name
classification  the nearest labelled example where there are some; else the measured description against the options,
and description and against what is known of each defect of the product
analysis        a defect harms: the option that says so, and the one nearest to what is known
objects         which product: see `products`; of its parts: colours, and what is known

It never sees a label or a path. Where it has nothing to go by, chance decides (a hash that prefers no option and no
letter), and `why` says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.mmad.answerers import Case, Reply
from evals.mmad.examples import Examples
from evals.mmad.layout import DETECTION, LOCALIZATION, OBJECT_ANALYSIS
from evals.mmad.match import harm, likeness, plain, similarity, yes_letter
from evals.mmad.objects import colour_words, colours
from evals.mmad.places import place_error, places_in
from evals.mmad.products import TIE, product_evidence
from tools.vision.images import content_hash

NEUTRAL_ERROR = 0.36
"""Of an option that names no place among options that do: the mean distance of two random points is 0.52, of a point
and the middle 0.38."""
NOTHING = "nothing to go by"
TEXT_WEIGHT = 0.15
AGREE_WEIGHT = 0.15
"""Of each word for tone, shape or size that fits what was measured."""
Scores = NDArray[np.float64]


class Offline:
    """See the module and `Answerer`."""

    name = "offline"

    def __init__(self, examples: Sequence[str] = ()) -> None:
        """`examples`: folders with a folder of photos a defect type, for the nearest labelled example."""
        self._examples = Examples([Path(folder) for folder in examples]) if examples else None

    def answer(self, case: Case) -> Reply:
        """See `Answerer`."""
        task = case.question.subtask
        if task == DETECTION:
            return _detection(case)
        if task == LOCALIZATION:
            return _best(case, *_localisation(case))
        if task == "Defect Analysis":
            return _best(case, *_analysis(case))
        if task == "Object Classification":
            return _object(case)
        if task == OBJECT_ANALYSIS:
            return _best(case, *_object_analysis(case))
        return _best(case, *self._kind(case))

    def _kind(self, case: Case) -> tuple[Scores, str]:
        """Scores of the options of a question on type or appearance."""
        texts = _with_subject(case)
        scores = np.zeros(len(texts))
        why = NOTHING
        if case.finding is not None:
            look = case.finding.look
            scores = similarity(look.description(), texts)
            scores = scores + AGREE_WEIGHT * np.array([look.agrees(text) for text in texts])
            why = look.description()
            errors = _place_errors(case)
            if errors is not None and case.question.subtask != "Defect Classification":
                scores = scores - 0.5 * errors
        scores = scores + _known(case, texts, why)
        scores = scores - 1.0 * np.array([_denies(text) for text in case.options.values()])
        label = self._examples.nearest(case) if self._examples is not None else None
        if label is not None:
            scores = scores + 2.0 * similarity(f"The defect is {label.replace('_', ' ')}.", texts)
            why = f"looks most like a labelled example of {label}"
        return scores, why


def _detection(case: Case) -> Reply:
    letters = yes_letter(case.question.text, case.options)
    if letters is None:
        return _best(case, np.zeros(len(case.options)), "the options do not say which one means a defect")
    defective, good = letters
    if case.finding is None:
        return Reply(good, good, "no detector for this product")
    letter = defective if case.finding.defect else good
    comparison = "above" if case.finding.defect else "not above"
    return Reply(letter, letter, f"score {case.finding.score:.4g} {comparison} {case.finding.threshold:.4g}")


def _localisation(case: Case) -> tuple[Scores, str]:
    errors = _place_errors(case)
    if errors is None or case.finding is None:
        description = "" if case.finding is None else case.finding.look.description()
        return similarity(description, _with_subject(case)), "no option names a place of the picture"
    words = similarity(case.finding.look.description(), _with_subject(case))
    return TEXT_WEIGHT * words - errors, case.finding.look.place_words()


def _place_errors(case: Case) -> Scores | None:
    """How badly each option's place fits; None where no option names one or nothing was found.

    An option may mean the picture or the part on it, so the mean of both counts.
    """
    places = [places_in(text) for text in case.options.values()]
    if case.finding is None or sum(map(bool, places)) < 1:
        return None
    look = case.finding.look
    found = []
    for one in places:
        on_image = place_error(one, look.points, look.weights) if one else NEUTRAL_ERROR
        on_part = place_error(one, look.part_points, look.weights) if one else NEUTRAL_ERROR
        found.append((on_image + on_part) / 2)
    return np.array(found)


def _analysis(case: Case) -> tuple[Scores, str]:
    texts = _with_subject(case)
    scores = np.array([harm(text) for text in case.options.values()], dtype=np.float64)
    why = "a defect harms"
    if not case.knowledge and case.finding is not None:
        scores = scores + 0.5 * similarity(case.finding.look.description(), texts)
    return scores + _known(case, texts, case.finding.look.description() if case.finding is not None else ""), why


def _known(case: Case, texts: Sequence[str], description: str) -> Scores:
    """How near options are to what is known of the defects whose description fits what was measured."""
    defects = {name: text for name, text in case.knowledge.items() if name != "good"}
    if not defects:
        return np.zeros(len(texts))
    told = [f"{name.replace('_', ' ')}. {' '.join(text.split())[:600]}" for name, text in defects.items()]
    fits = similarity(description, told) if description else np.zeros(len(told))
    share = np.exp(8.0 * (fits - fits.max()))
    share /= share.sum()
    return np.asarray(share @ likeness(told, texts))


def _object(case: Case) -> Reply:
    """Which product: the photo in question and the good ones beside it, and what is known where it is shown."""
    images = (case.image, *case.templates)
    return _best(case, *product_evidence(images, list(case.options.values()), case.knowledge), tie=TIE)


def _object_analysis(case: Case) -> tuple[Scores, str]:
    named = [colour_words(text) for text in case.options.values()]
    if sum(map(bool, named)) >= 2 and "colo" in case.question.text.lower():
        shares = colours(case.image)
        return np.array([np.mean([shares[name] for name in names]) if names else 0.0 for names in named]), "its colours"
    good = " ".join(case.knowledge.get("good", "").split())[:900]
    why = "what is known of the good part" if good else NOTHING
    return similarity(good, _with_subject(case)), why


def _with_subject(case: Case) -> list[str]:
    return [text.strip() for text in case.options.values()]


def _denies(text: str) -> bool:
    words = plain(text)
    return (
        words.startswith(("no defect", "none", "normal", "good", "no visible", "there is no")) or "no defect" in words
    )


def _best(case: Case, scores: Scores, why: str, tie: float = 1e-9) -> Reply:
    """The option with the best score; of those within `tie` of it, chance's own.

    Chance is a hash of the pixels, the question and the option's words: the same answer whenever and in whichever order
    the options are shown, and on many questions no option or letter is preferred.
    """
    best = [letter for letter, score in zip(case.options, scores, strict=True) if score >= scores.max() - tie]
    if len(best) == 1:
        return Reply(best[0], best[0], why)
    seed = f"{content_hash(case.image)} {case.question.text} "
    letter = min(best, key=lambda one: hashlib.sha256(f"{seed}{case.options[one]}".encode()).digest())
    return Reply(letter, letter, f"{why}; chance among {len(best)}")


def option_scores(options: Mapping[str, str], scores: Scores) -> dict[str, float]:
    """Scores by letter, rounded: for logs and tests."""
    return {letter: round(float(score), 4) for letter, score in zip(options, scores, strict=True)}
