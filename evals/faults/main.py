"""`redrabbit eval run faults`: generation and inspection jobs on PostgreSQL while processes are killed at random.

Three workers and the API are killed with SIGKILL at random moments and started again; in the middle the database is
stopped as in a crash and started again; the provider's emulator fails three calls in ten. Afterwards: is a job lost, is
a record there twice, is a picture paid for twice? Times that are hours in real life are seconds here: the provider
tries its webhooks for 20 s instead of 2 h, and a request without reply is sent again after 35 s instead of 3 h.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from agent.settings import Settings
from evals.faults.audit import audit, states_of
from evals.faults.cluster import Cluster, free_port
from evals.faults.load import TYPES, Client, make_detector, part
from evals.faults.processes import Emulator, Managed, environment, redrabbit, wait_until_ready

WORKERS = 3
FAULTS: dict[str, float] = {
    "busy": 0.06,
    "unavailable": 0.05,
    "lost_reply": 0.05,
    "gateway": 0.03,
    "error": 0.05,
    "slow": 0.03,
    "expired": 0.03,
    "duplicate_webhook": 0.2,
    "queue_s": 0.3,
    "run_s": 0.3,
    "webhook_window_s": 20.0,
}
"""The rates from `busy` to `expired` add up to 30 %."""
RESEND_AFTER_S = 35.0
BETWEEN_KILLS_S = 7.0
DOWN_S = 4.0
OPEN = frozenset({"ENQUEUED", "PENDING", "DELAYED"})


@dataclass(frozen=True)
class Size:
    """How much is done."""

    jobs: int
    """Of each of the two kinds."""
    kills: int
    drain_s: float


FULL, QUICK = Size(200, 50, 900.0), Size(10, 6, 120.0)


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Play it and count."""
    size, cluster = QUICK if quick else FULL, Cluster()
    with tempfile.TemporaryDirectory(prefix="redrabbit-faults-") as folder:
        try:
            cluster.start()
            cluster.create("redrabbit")
            return _play(size, random.Random(seed), cluster, Path(folder), out)
        finally:
            cluster.remove()


def _play(size: Size, rng: random.Random, cluster: Cluster, folder: Path, out: Path) -> dict[str, Any]:
    emulator = Emulator(FAULTS, rng.randrange(2**31), out / "emulator.log")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    values = {
        "FAL_KEY": "id:secret",
        "FAL_URL": emulator.url,
        "FAL_WEBHOOK_URL": url,
        "FAL_POLL_S": "3",
        "FAL_RESEND_AFTER_S": f"{RESEND_AFTER_S:g}",
        "FAL_USD_PER_DAY": "100000",
        "FAL_PER_MINUTE": "100000",
    }
    data = folder / "data"
    surroundings = environment(
        cluster.url("redrabbit"), data, **{f"REDRABBIT_{name}": value for name, value in values.items()}
    )
    settings = Settings(data_dir=data, database_url=cluster.url("redrabbit"), fal_key=SecretStr("id:secret"))
    serve = redrabbit("serve", "--no-page", "--no-work", "--port", str(port))
    processes = [Managed("api", serve, surroundings, out / "api.log")]
    processes += [
        Managed(f"worker {n}", redrabbit("worker"), surroundings, out / f"worker-{n}.log") for n in range(WORKERS)
    ]
    try:
        detector_id = make_detector(settings, folder)
        for process in processes:
            process.start()
        started = time.monotonic()
        wait_until_ready(url)
        # On a busy machine a process needs longer to start than kills would leave it: then they come less often.
        pause = max(BETWEEN_KILLS_S, time.monotonic() - started)
        client = Client(url)
        generations, inspections, events = _storm(size, rng, pause, client, detector_id, processes, cluster)
        open_for = _drain(cluster.url("redrabbit"), generations + inspections, processes, size.drain_s)
        found = audit(cluster.url("redrabbit"), settings, generations, inspections)
        bill = emulator.bill()
    finally:
        for process in processes:
            process.stop()
        emulator.stop()
    return {
        "kills": sum(process.kills for process in processes),
        "jobs": len(generations) + len(inspections),
        "lost": len(found.lost),
        "duplicated": len(found.duplicated),
        "billed_twice": bill["billed_twice"],
        "details": {
            "kills_of": {process.name: process.kills for process in processes},
            "workers": WORKERS,
            "database_crashes": events["database_crashes"],
            "seconds_between_kills": round(pause, 1),
            "seconds_with_kills": round(events["seconds"], 1),
            "seconds_to_drain": round(open_for, 1),
            "seconds_total": round(time.monotonic() - started, 1),
            "calls_repeated_by_the_client": client.repeats,
            "job_states": found.states,
            "ledger": found.ledger,
            "provider": {name: bill[name] for name in ("submits", "refused", "accepted", "billed", "faults")},
            "paid_and_kept": found.ledger.get("done", 0),
        },
        "examples": {"lost": found.lost[:10], "duplicated": found.duplicated[:10]},
        "note": "A PostgreSQL cluster of its own; hours of the provider's protocol are seconds (evals/faults/main.py).",
    }


def _storm(
    size: Size,
    rng: random.Random,
    pause: float,
    client: Client,
    detector_id: str,
    processes: list[Managed],
    cluster: Cluster,
) -> tuple[list[str], list[str], dict[str, Any]]:
    """Put jobs in and kill processes, both spread over the same time; the database crashes once, in the middle."""
    good = client.upload([part(number) for number in range(3)])
    blueprints = [client.blueprint(name) for name in TYPES]
    began = time.monotonic()
    generations: list[str] = []
    inspections: list[str] = []
    everybody = rng.sample(processes, len(processes))
    for kill in range(size.kills):
        moment = time.monotonic() + rng.uniform(0.1, 1.9) * pause
        until = round(size.jobs * (kill + 1) / size.kills)
        while len(generations) < until:
            number = len(generations)
            generations.append(client.generate(number, blueprints[number % len(blueprints)], good))
            inspections.append(client.inspect(number, detector_id))
        time.sleep(max(moment - time.monotonic(), 0.0))
        victim = everybody[kill] if kill < len(everybody) else rng.choice(processes)
        victim.kill()
        _revive(processes)
        print(f"faults: kill {kill + 1} of {size.kills} ({victim.name}), {len(generations)} + "
              f"{len(inspections)} jobs in", file=sys.stderr)  # fmt: skip
        if kill == size.kills // 2:
            cluster.stop("immediate")
            time.sleep(DOWN_S)
            cluster.start()
            print("faults: the database crashed and is back", file=sys.stderr)
    return generations, inspections, {"database_crashes": 1, "seconds": time.monotonic() - began}


def _revive(processes: list[Managed]) -> None:
    """What ended by itself is started again, as a service manager would, and said."""
    for process in processes:
        if process.died:
            print(f"faults: {process.name} ended by itself; see {process.log}", file=sys.stderr)
            process.start()


def _drain(url: str, jobs: list[str], processes: list[Managed], patience_s: float) -> float:
    """Wait until every job is finished, or patience is at its end; returns how long it took."""
    import psycopg

    began, said = time.monotonic(), 0.0
    while time.monotonic() - began < patience_s:
        _revive(processes)
        try:
            counts = Counter(states_of(url, jobs).values())
        except psycopg.Error:
            counts = Counter({"PENDING": 1})
        if not OPEN & counts.keys():
            break
        if time.monotonic() - said > 10:
            said = time.monotonic()
            print(f"faults: {dict(counts)}", file=sys.stderr)
        time.sleep(1.0)
    return time.monotonic() - began
