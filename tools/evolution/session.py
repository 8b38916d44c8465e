"""A sculpting session: a person chooses between two pictures until the defect is what they mean.

The answers are facts and the whole state: champion, belief and next pair follow from them, so that undo is dropping the
last answer and a session goes on in another process. Pictures drawn unseen are kept as looks in the session's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from tools.blueprint.model import Blueprint
from tools.evolution.errors import EvolutionError
from tools.evolution.levers import CHIPS
from tools.evolution.lineup import REPEAT_EVERY
from tools.evolution.problem import Example, Problem
from tools.evolution.seen import Seen
from tools.evolution.stopping import STOP_AT, best_probability, remaining
from tools.evolution.taste import Taste
from tools.generation.protocol import Generator, Rendering
from tools.scoring.appearance import Looks
from tools.vision.types import RgbImage

Kind = Literal["1", "2", "tie", "both_bad", "reason", "back"]


@dataclass(frozen=True)
class Shown:
    """A candidate that was shown: its text and the candidate that it was made from."""

    text: str
    parent: int | None = None


@dataclass(frozen=True)
class Turn:
    """One answer. `left` and `right` were on the table; `target` is the candidate that `back` goes to."""

    kind: Kind
    left: int
    right: int
    reason: str | None = None
    repeat: bool = False
    target: int | None = None


@dataclass
class State:
    """What has to be remembered of a session."""

    candidates: list[Shown] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    left: int = 0
    right: int = 1
    repeat: bool = False


class Session:
    """A session about one Blueprint on one photo and seed."""

    def __init__(
        self,
        blueprint: Blueprint,
        photo: RgbImage,
        seed: int,
        generator: Generator,
        *,
        start: str = "",
        folder: Path | None = None,
        state: State | None = None,
    ) -> None:
        """Open a session, new (the first pair is made) or from a state.

        Args:
            blueprint: what is drawn; its type decides which looks can be moved.
            photo: of a good part.
            seed: where and how it is drawn, and of everything random.
            generator: draws.
            start: the first candidate's text.
            folder: where looks are kept; in memory if not given.
            state: of an earlier moment.

        Raises:
            EvolutionError: the Blueprint has no type.
        """
        if blueprint.defect_type is None:
            raise EvolutionError("a sculpting session needs a defect type; say what kind of defect it is")
        self._type, self._seed, self._start = str(blueprint.defect_type), seed, start
        self._full = Problem(blueprint, [photo], generator)
        self._seen = Seen(blueprint, photo, seed, generator, folder)
        self.state = state or State()
        if not self.state.candidates:
            self._start = self._taste.nearest_to_start()
            self.state.candidates.append(Shown(self._start))
            self._pair_with_new(0)

    def draw(self, number: int) -> Rendering:
        """The candidate's picture at full size."""
        return self._full.draw(self.state.candidates[number].text, Example(0, self._seed))

    def looks(self, number: int) -> Looks | None:
        """How the candidate looks, measured on the small photo."""
        return self._seen.look(self.state.candidates[number].text)

    @property
    def champion(self) -> int | None:
        """The candidate that holds; None at the start and after "both bad"."""
        return champion_of(self.state.turns)

    def answer(self, choice: str, reason: str | None = None) -> None:
        """Take `1`, `2`, `tie` or `both_bad`, with a reason chip about what was preferred, and make the next pair.

        Raises:
            EvolutionError: no such choice or reason.
        """
        if choice not in ("1", "2", "tie", "both_bad"):
            raise EvolutionError(f"{choice!r} is no answer; say 1, 2, tie, both bad or undo")
        self._note(choice, reason)

    def complain(self, reason: str) -> None:
        """Take a reason chip alone: it is about the champion, or about both while there is none.

        Raises:
            EvolutionError: no such reason.
        """
        self._note("reason", reason)

    def back(self, number: int) -> None:
        """Go on from a candidate shown earlier (counted from 0).

        Raises:
            EvolutionError: there is none of this number.
        """
        if not 0 <= number < len(self.state.candidates):
            raise EvolutionError(f"there is no candidate {number + 1}; there are 1 to {len(self.state.candidates)}")
        self._note("back", None, number)

    def undo(self) -> Turn:
        """Take the last answer back: its pair is on the table again.

        Raises:
            EvolutionError: there is none.
        """
        if not self.state.turns:
            raise EvolutionError("nothing to undo; no answer was given yet")
        turn = self.state.turns.pop()
        self.state.left, self.state.right, self.state.repeat = turn.left, turn.right, turn.repeat
        self._forget()
        return turn

    def chance(self) -> float:
        """P(nothing that can be drawn is visibly better than the champion); 0 while there is none."""
        champion = self.champion
        return 0.0 if champion is None else best_probability(self._taste, self.state.candidates[champion].text)

    def finished(self) -> bool:
        """True when the champion is the best with more than 90 %."""
        return self.chance() > STOP_AT

    def remaining(self) -> int:
        """Expected number of further questions."""
        champion = self.champion if self.champion is not None else self.state.left
        return 0 if self.finished() else max(1, remaining(self._taste, self.state.candidates[champion].text))

    def closeness(self) -> list[float]:
        """For each candidate how near it should be to what is wanted: 2 ** -(expected gap in scales), 0 to 1."""
        _, weights = self._taste.belief
        found = [self.looks(number) for number in range(len(self.state.candidates))]
        return [2 ** -float(weights @ self._taste.distance(one)) if one is not None else 0.0 for one in found]

    def reasons(self) -> list[str]:
        """Reason chips that may be true of the champion, or of the left picture while there is none; likely first."""
        looks = self.looks(self.champion if self.champion is not None else self.state.left)
        return self._taste.likely_complaints(looks) if looks is not None else list(CHIPS)

    def history(self) -> list[tuple[int, float]]:
        """(answers, closeness of the champion after them), judged by what is known now."""
        closeness = self.closeness()
        held = [champion_of(self.state.turns[:count]) for count in range(1, len(self.state.turns) + 1)]
        return [(count, closeness[one]) for count, one in enumerate(held, 1) if one is not None]

    def consistency(self) -> float | None:
        """Share of repeated questions that got the same answer; None before the first."""
        first: dict[frozenset[int], int | None] = {}
        agreed = []
        for turn in self.state.turns:
            if turn.kind in ("reason", "back"):
                continue
            key, winner = frozenset((turn.left, turn.right)), {"1": turn.left, "2": turn.right}.get(turn.kind)
            if turn.repeat:
                agreed.append(first.get(key) == winner)
            else:
                first[key] = winner
        return sum(agreed) / len(agreed) if agreed else None

    def _note(self, kind: Kind | str, reason: str | None, target: int | None = None) -> None:
        if reason is not None and reason not in CHIPS:
            raise EvolutionError(f"{reason!r} is no reason that changes a look; there are {', '.join(CHIPS)}")
        state = self.state
        turn = Turn(kind, state.left, state.right, reason, state.repeat and kind not in ("reason", "back"), target)  # type: ignore[arg-type]
        state.turns.append(turn)
        self._hear(self._taste, len(state.turns) - 1)
        self._next_pair()

    def _next_pair(self) -> None:
        state, champion = self.state, self.champion
        asked = [turn for turn in state.turns if turn.kind not in ("reason", "back")]
        generator = np.random.default_rng([self._seed, 3, len(state.turns)])
        due = len(asked) % REPEAT_EVERY == REPEAT_EVERY - 1 and state.turns[-1].kind not in ("reason", "back")
        earlier = [turn for turn in asked if not turn.repeat]
        if due and earlier:
            turn = earlier[int(generator.integers(len(earlier)))]
            state.left, state.right, state.repeat = turn.right, turn.left, True
            return
        if champion is None:
            champion = self._add(None)
        self._pair_with_new(champion)

    def _pair_with_new(self, champion: int) -> None:
        """The champion beside a new candidate; which stands left is drawn from the seed."""
        new = self._add(champion)
        generator = np.random.default_rng([self._seed, 4, len(self.state.turns)])
        pair = (champion, new) if generator.random() < 0.5 else (new, champion)
        self.state.left, self.state.right, self.state.repeat = *pair, False

    def _add(self, parent: int | None) -> int:
        """A new candidate, made from the parent (or from nothing)."""
        candidates = self.state.candidates
        shown = [candidate.text for candidate in candidates]
        text = self._taste.challenger(shown[parent if parent is not None else -1], shown)
        candidates.append(Shown(text, parent))
        return len(candidates) - 1

    @cached_property
    def _taste(self) -> Taste:
        """The belief after all answers."""
        known = self._seen.texts()
        try:
            taste = Taste(self._start, self._seen.look_if_visible, self._type, self._seed)
        except EvolutionError:  # a defect that is hard to see whatever is tried: all looks are offered
            taste = Taste(self._start, self._seen.look, self._type, self._seed)
        for text in known:
            taste.draw(text)
        for position in range(len(self.state.turns)):
            self._hear(taste, position)
        return taste

    def _forget(self) -> None:
        self.__dict__.pop("_taste", None)

    def _hear(self, taste: Taste, position: int) -> None:
        """Let the belief learn from an answer."""
        turn = self.state.turns[position]
        left, right = self.looks(turn.left), self.looks(turn.right)
        if left is None or right is None or turn.kind == "back":
            return
        if turn.kind != "reason":
            taste.choose(left, right, turn.kind)
        if turn.reason is None:
            return
        champion = champion_of(self.state.turns[: position + 1])
        looks = self.looks(champion) if champion is not None else None
        for one in (looks,) if looks is not None else (left, right):
            taste.complain(one, turn.reason)


def champion_of(turns: Sequence[Turn]) -> int | None:
    """Who holds after these answers: the last winner; a tie keeps the old one, a repeated question changes nothing."""
    champion: int | None = None
    for turn in turns:
        if turn.repeat or turn.kind == "reason":
            continue
        if turn.kind == "back":
            champion = turn.target
        elif turn.kind == "both_bad":
            champion = None
        elif turn.kind != "tie" or champion is None:
            champion = turn.right if turn.kind == "2" else turn.left
    return champion
