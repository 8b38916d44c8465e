"""Counting afterwards: jobs, records of the store, files on disk, and the provider's bill."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.settings import Settings


@dataclass(frozen=True)
class Audit:
    """`lost`: jobs that did not end well or left no record; `duplicated`: records beyond one a job."""

    lost: list[str]
    duplicated: list[str]
    states: dict[str, int]
    ledger: dict[str, int]


def states_of(url: str, jobs: list[str]) -> dict[str, str]:
    """Job → DBOS's status, read straight from the database."""
    import psycopg

    with psycopg.connect(url, connect_timeout=5) as connection:
        query = "SELECT workflow_uuid, status FROM dbos.workflow_status WHERE workflow_uuid = ANY(%s)"
        return dict(connection.execute(query, (jobs,)).fetchall())


def audit(url: str, settings: Settings, generations: list[str], inspections: list[str]) -> Audit:
    """Compare what was asked for with what is there."""
    from agent.store.repository import open_store

    store = open_store(settings)
    states = states_of(url, generations + inspections)
    lost = [job for job in generations + inspections if states.get(job) != "SUCCESS"]
    duplicated: list[str] = []
    for jobs, rows in (
        (generations, _all(store.list_datasets)),
        (inspections, _all(store.list_inspections)),
    ):
        counts = Counter(row.job_id for row in rows)
        lost += [job for job in jobs if counts[job] == 0 and job not in lost]
        duplicated += [job for job in jobs if counts[job] > 1]
        duplicated += [str(job) for job in counts if job not in set(jobs)]
    for row in _all(store.list_datasets):
        pictures = list(Path(row.path).glob("test/*/*.png"))
        sculpted = [path for path in pictures if path.parent.name != "good"]
        if len(sculpted) != row.n_images:
            (lost if len(sculpted) < row.n_images else duplicated).append(f"{row.job_id}: {len(sculpted)} pictures")
    ledger = Counter(row.state for row in _all(store.list_requests))
    return Audit(lost, duplicated, dict(Counter(states.values())), dict(ledger))


def _all(listing: Any) -> list[Any]:
    """Every page of a list."""
    rows: list[Any] = []
    while True:
        page = listing(limit=500, after=rows[-1].id if rows else None)
        rows += page
        if len(page) < 500:
            return rows
