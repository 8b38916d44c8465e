"""What was asked and what was told, in an SQLite file: a killed run goes on where it was.

A trial is one parameter set. It is *asked* before its images are made and *told* when their embeddings are known;
asked but untold trials are simply rendered again, with the same seeds, so the sequence is that of an unbroken run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.calibration.space import Value

TABLE = """
create table if not exists trial (
    iteration integer not null, slot integer not null, kind text not null, parameters text not null,
    outcome text, images integer not null default 0, primary key (iteration, slot))
"""


@dataclass(frozen=True)
class Trial:
    """One parameter set: `kind` is `close`, `far`, `asked` or `repeat`; `outcome` is the mean metric coordinate of its
    `images`, None while untold."""

    iteration: int
    slot: int
    kind: str
    parameters: Mapping[str, Value]
    outcome: tuple[float, ...] | None = None
    images: int = 0


class Study:
    """The trials of one experiment."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._connect() as connection:
            connection.execute(TABLE)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
            yield connection

    def ask(self, trials: Sequence[Trial]) -> None:
        """Record what will be rendered; a trial that is there already stays as it is."""
        rows = [(t.iteration, t.slot, t.kind, json.dumps(dict(t.parameters))) for t in trials]
        with self._connect() as connection:
            connection.executemany(
                "insert or ignore into trial (iteration, slot, kind, parameters) values (?, ?, ?, ?)", rows
            )

    def tell(self, iteration: int, slot: int, outcome: Sequence[float], images: int) -> None:
        """Record what a trial gave."""
        with self._connect() as connection:
            connection.execute(
                "update trial set outcome = ?, images = ? where iteration = ? and slot = ?",
                (json.dumps([float(value) for value in outcome]), images, iteration, slot),
            )

    def trials(self, iteration: int | None = None) -> list[Trial]:
        """All trials in order, or those of one iteration."""
        where = "" if iteration is None else f" where iteration = {int(iteration)}"
        with self._connect() as connection:
            rows = connection.execute(f"select * from trial{where} order by iteration, slot").fetchall()
        return [
            Trial(row[0], row[1], row[2], json.loads(row[3]), tuple(json.loads(row[4])) if row[4] else None, row[5])
            for row in rows
        ]

    def complete(self, iteration: int) -> bool:
        """True when the iteration was asked and every trial of it told."""
        found = self.trials(iteration)
        return bool(found) and all(trial.outcome is not None for trial in found)
