"""What a person has in mind, learned from choices: a belief over the looks of the defect that they want.

The belief is a set of weighted particles in the space of looks (units of each look's scale). Drawing is cheap and
asking is not, so a session first draws many texts unseen: how those look is the prior, for what is wanted is something
that can be drawn. A choice between two pictures favours the particles that lie nearer to the chosen one (a logistic
choice with a share of slips); a reason chip says on which side of a picture the wanted look lies. Shown next is
the drawn text whose looks lie nearest to a draw from the belief, so that it explores while little is known and settles
when much is (Thompson 1933); of the few nearest it is the one whose comparison with the champion is expected to say
most about what is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from tools.evolution.errors import EvolutionError
from tools.evolution.levers import CHIPS
from tools.evolution.response import LOOKS, Response, searchable
from tools.evolution.style_text import compile_text, edit_text
from tools.generation.renderer.renderer import parameters_of
from tools.scoring.appearance import SCALES, Looks

PARTICLES = 4000
SCOUTS = 64
"""Texts drawn unseen when a session starts."""
STEPS = 12
"""Texts drawn unseen around the champion before each question."""
USUAL = 0.7
"""Share of the texts drawn unseen that keep to what the type is usually drawn with; the others use the whole range."""
JITTER = 0.35
"""Particles are scattered around the scouts' looks, in scales."""
SLIPS = 0.1
STEEPNESS = 1.6
VISIBLE_GAP = 0.7
"""Gap of one look, in scales, from which people complain."""
NEAREST = 4
"""The challenger is the most telling of this many texts nearest to the aim."""


def coordinates(looks: Looks) -> NDArray[np.float64]:
    """Looks in units of their scales, `[6]`; size as a logarithm."""
    values = [np.log(max(looks.size, 1e-4)) if name == "size" else getattr(looks, name) for name in LOOKS]
    return np.array([value / SCALES[name] for value, name in zip(values, LOOKS, strict=True)])


Look = Callable[[str], Looks | None]
"""Style text → how it looks on the session's photo; None where nothing was drawn that can be seen."""


class Taste:
    """The belief of one session about one defect type."""

    def __init__(self, start: str, look: Look, defect_type: str, seed: int = 0) -> None:
        """Draw the scouts.

        Args:
            start: the first text.
            look: draws and measures a text.
            defect_type: whose parameters are searched.
            seed: of everything random.

        Raises:
            EvolutionError: `look` gives None for every text.
        """
        self._start, self._look, self._type, self._seed = start, look, defect_type, seed
        self.asked = 0
        """How many answers were heard."""
        self._response = Response(defect_type)
        self._usual = {parameter.name: parameter.draw for parameter in parameters_of(defect_type)}
        self._drawn: dict[str, Looks] = {}
        generator = np.random.default_rng([seed, 0])
        self.draw(start)
        for _ in range(SCOUTS):
            self.draw(self._random_text(start, generator))
        if not self._drawn:
            raise EvolutionError(f"no {defect_type} that was drawn could be seen")
        points = np.stack([coordinates(looks) for looks in self._drawn.values()])
        chosen = points[generator.integers(len(points), size=PARTICLES)]
        self._particles = chosen + generator.standard_normal(chosen.shape) * JITTER
        self._weights = np.full(PARTICLES, 1 / PARTICLES)

    def draw(self, text: str) -> Looks | None:
        """Draw a text unseen (once) and learn how looks answer to parameters."""
        if text not in self._drawn:
            looks = self._look(text)
            if looks is None:
                return None
            self._drawn[text] = looks
            self._response.observe(compile_text(text, self._type).style, coordinates(looks))
        return self._drawn[text]

    def _random_text(self, text: str, generator: np.random.Generator, share: float = 1.0) -> str:
        usual = generator.random() < USUAL
        changes = {}
        for name, low, high in searchable(self._type):
            if generator.random() < share:
                spans = self._usual.get(name) if usual else None
                low, high = spans[int(generator.integers(len(spans)))] if spans else (low, high)  # noqa: PLW2901
                changes[name] = float(generator.uniform(low, high))
        return edit_text(text, changes, self._type)

    @property
    def drawn(self) -> Mapping[str, Looks]:
        """Every text drawn so far and how it looks."""
        return self._drawn

    @property
    def belief(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Particles `[n, 6]` in coordinates and their weights `[n]`, which sum to 1."""
        return self._particles, self._weights

    def challenger(self, champion: str, shown: Collection[str] = ()) -> str:
        """The text to show beside the champion next; none of those shown before while there is another."""
        generator = np.random.default_rng([self._seed, 1, self.asked, len(shown)])
        particle = self._particles[int(generator.choice(PARTICLES, p=self._weights))]
        trust = min((self.asked + 1) / 8, 0.8)
        aim = trust * self.target() + (1 - trust) * particle
        without = {champion, *shown}
        near = self._nearest(aim, without)[0]
        for step in range(STEPS):
            if step % 3 == 2:
                self.draw(self._random_text(near, generator, 0.3))
                continue
            base = (champion, near)[step % 2]
            looks = self.draw(base)
            if looks is None:
                continue
            style = compile_text(base, self._type).style
            gap = coordinates(looks) - aim
            changes = self._response.toward(style, gap, share=float(generator.uniform(0.5, 1.3)))
            self.draw(edit_text(base, changes, self._type))
            near = self._nearest(aim, without)[0]
        return self._most_telling(champion, self._nearest(aim, without)[:NEAREST])

    def nearest_to_start(self) -> str:
        """The start, or where it cannot be seen the drawn text with the nearest parameters."""
        start = self._response.point(compile_text(self._start, self._type).style)
        apart = {
            text: float(((self._response.point(compile_text(text, self._type).style) - start) ** 2).sum())
            for text in self._drawn
        }
        return min(apart, key=lambda text: apart[text])

    def _nearest(self, aim: NDArray[np.float64], without: Collection[str]) -> list[str]:
        """Drawn texts, the nearest to the aim first."""
        texts = [text for text in self._drawn if text not in without] or list(self._drawn)
        return sorted(texts, key=lambda text: float(((coordinates(self._drawn[text]) - aim) ** 2).sum()))

    def _most_telling(self, champion: str, texts: list[str]) -> str:
        """Of these texts the one whose comparison with the champion is expected to say most (mutual information)."""
        looks = self.draw(champion)
        if looks is None:
            return texts[0]
        return max(texts, key=lambda text: self._information(looks, self._drawn[text]))

    def _information(self, first: Looks, second: Looks) -> float:
        chance = self._prefers(first, second)
        return float(_entropy(np.asarray(self._weights @ chance)) - self._weights @ _entropy(chance))

    def _prefers(self, first: Looks, second: Looks) -> NDArray[np.float64]:
        """For each particle the chance that the first is chosen, slips included."""
        gain = STEEPNESS * (self.distance(second) - self.distance(first))
        return np.asarray(SLIPS + (1 - 2 * SLIPS) / (1 + np.exp(-gain)))

    def choose(self, first: Looks, second: Looks, choice: str) -> None:
        """Learn from an answer: `1`, `2`, `tie` or `both_bad`."""
        self.asked += 1
        prefers_first = self._prefers(first, second)
        if choice == "1":
            self._weights *= prefers_first
        elif choice == "2":
            self._weights *= 1 - prefers_first
        elif choice == "tie":
            self._weights *= 4 * prefers_first * (1 - prefers_first)
        elif choice == "both_bad":
            near = np.minimum(self.distance(first), self.distance(second))
            self._weights *= 1 - 0.9 * np.exp(-((near / 1.5) ** 2))
        self._renew()

    def likely_complaints(self, looks: Looks) -> list[str]:
        """Reason chips about a picture, those that are most probably true first."""
        off = coordinates(looks) - self._particles
        movable = set(self._response.movable)
        chances: dict[str, float] = {}
        for chip, (look, sign) in CHIPS.items():
            if look in movable:
                chances[chip] = float(self._weights @ (sign * off[:, LOOKS.index(look)] > VISIBLE_GAP))
        return sorted(chances, key=lambda chip: -chances[chip])

    def complain(self, looks: Looks, chip: str) -> bool:
        """Learn from a reason chip about one picture; False where the chip says nothing about looks."""
        if chip not in CHIPS:
            return False
        look, sign = CHIPS[chip]
        column = LOOKS.index(look)
        beyond = sign * (coordinates(looks)[column] - self._particles[:, column])
        # Honest nine times in ten; a complaint is made about a gap that can be seen, about one scale.
        self._weights *= 0.1 + 0.9 / (1 + np.exp(-3 * (beyond - VISIBLE_GAP)))
        self._renew()
        return True

    def target(self) -> NDArray[np.float64]:
        """The mean of the belief, in coordinates."""
        return np.asarray(self._weights @ self._particles)

    def spread(self) -> float:
        """Root mean square standard deviation of the belief, in scales: how much is still open."""
        mean = self.target()
        return float(np.sqrt((self._weights @ (self._particles - mean) ** 2).mean()))

    def distance(self, looks: Looks) -> NDArray[np.float64]:
        """Root mean square distance of each particle from these looks, in scales."""
        return np.asarray(np.sqrt(((self._particles - coordinates(looks)) ** 2).mean(axis=1)))

    def _renew(self) -> None:
        """Normalise; when few particles carry the belief, draw again around them."""
        self._weights = np.maximum(self._weights, 1e-300)
        self._weights /= self._weights.sum()
        if 1 / (self._weights**2).sum() > PARTICLES / 3:
            return
        generator = np.random.default_rng([self._seed, 2, self.asked, int(1e6 * self._weights.max())])
        scatter = 0.3 * np.sqrt(np.maximum(self._weights @ (self._particles - self.target()) ** 2, 1e-6))
        drawn = generator.choice(PARTICLES, size=PARTICLES, p=self._weights)
        self._particles = self._particles[drawn] + generator.standard_normal(self._particles.shape) * scatter
        self._weights = np.full(PARTICLES, 1 / PARTICLES)


def _entropy(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a yes-or-no answer, in nats."""
    kept = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(-kept * np.log(kept) - (1 - kept) * np.log(1 - kept))
