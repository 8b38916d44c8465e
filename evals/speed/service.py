"""The service under load: POST /v1/inspect at a steady rate, more workers, and a long queue.

Runs against 127.0.0.1 only, on a PostgreSQL cluster of its own (see `evals/faults/cluster.py`).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from agent.jobs import client as jobs
from agent.settings import Settings
from evals.faults.cluster import Cluster, free_port
from evals.faults.load import Client, make_detector, part
from evals.faults.processes import Managed, environment, redrabbit, wait_until_ready

RATE = 20.0


@dataclass(frozen=True)
class Size:
    """How much is done."""

    load_s: float
    overload_s: float
    workers: tuple[int, ...]
    inspections: int
    pictures: int
    queue: int


FULL = Size(300.0, 30.0, (1, 2, 4), 200, 80, 100_000)
QUICK = Size(8.0, 3.0, (1,), 20, 8, 500)


def measure(*, seed: int, quick: bool) -> dict[str, Any]:  # noqa: ARG001
    """`service_load`, `service_overload`, `service_workers_<n>`, `service_queue`."""
    size, cluster = QUICK if quick else FULL, Cluster()
    try:
        cluster.start()
        with tempfile.TemporaryDirectory(prefix="redrabbit-load-") as folder:
            return {
                **_load(size, _database(cluster, "load", Path(folder))),
                **{
                    f"service_workers_{count}": _workers(size, count, _database(cluster, f"w{count}", Path(folder)))
                    for count in size.workers
                },
                "service_queue": _queue(size, _database(cluster, "queue", Path(folder))),
            }
    finally:
        cluster.remove()


def _database(cluster: Cluster, name: str, folder: Path) -> Settings:
    cluster.create(name)
    return Settings(data_dir=folder / name, database_url=cluster.url(name))


def _process(name: str, settings: Settings, *arguments: str, **more: str) -> Managed:
    surroundings = environment(settings.database_url, settings.data_dir, **more)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    made = Managed(name, redrabbit(*arguments), surroundings, settings.data_dir / f"{name}.log")
    made.start()
    return made


def _resident_mb(process: Managed) -> float:
    """Memory of a process (Linux)."""
    assert process.process is not None
    lines = Path(f"/proc/{process.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _load(size: Size, settings: Settings) -> dict[str, Any]:
    """An API and one worker: the promised rate, then as fast as four callers can."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    detector = make_detector(settings, settings.data_dir)
    few = {"REDRABBIT_JOBS_WAITING": "200"}
    api = _process("api", settings, "serve", "--no-page", "--no-work", "--port", str(port), **few)
    worker = _process("worker", settings, "worker")
    try:
        wait_until_ready(url)
        Client(url).inspect(0, detector)
        with Watched(api, worker, every_s=size.load_s / 6) as memory:
            steady = _fire(url, detector, size.load_s, RATE)
            steady["all_inspected_after_s"] = _drained(url)
        flood = _fire(url, detector, size.overload_s, 200.0)
        alive = Client(url).call("GET", "/health")["status"]
    finally:
        api.stop()
        worker.stop()
    steady |= {"api_memory_mb": memory.of[0], "worker_memory_mb": memory.of[1], "peak_mb": max(memory.of[0])}
    return {"service_load": steady, "service_overload": {**flood, "health_afterwards": alive}}


class Watched:
    """Looks at the memory of processes now and then."""

    def __init__(self, *processes: Managed, every_s: float) -> None:
        """Look at these; a context manager."""
        self.processes, self.every_s = processes, every_s
        self.of: list[list[int]] = [[] for _ in processes]
        self._stop, self._died = threading.Event(), False
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._died:
            raise RuntimeError("a process died under load; its log says why")

    def _watch(self) -> None:
        while True:
            try:
                for seen, process in zip(self.of, self.processes, strict=True):
                    seen.append(round(_resident_mb(process)))
            except (OSError, StopIteration):  # it is gone, or a zombie
                self._died = True
                return
            if self._stop.wait(self.every_s):
                return


def _drained(url: str) -> float:
    """Seconds until no job is open any more."""
    import httpx

    began = time.perf_counter()
    while time.perf_counter() - began < 120:
        lines = httpx.get(f"{url}/v1/metrics", timeout=20).text.splitlines()
        if "redrabbit_jobs_open 0.0" in lines:
            return round(time.perf_counter() - began, 1)
        time.sleep(0.1)
    raise RuntimeError("jobs were still open two minutes after the last request")


def _fire(url: str, detector: str, seconds: float, rate: float) -> dict[str, Any]:
    """POST /v1/inspect on a timetable, whether or not earlier requests were answered."""
    import httpx

    from tools.vision.images import encode_png

    photo, times, codes = encode_png(part(7)), [], Counter[int]()
    lock = threading.Lock()
    began = time.perf_counter()
    with httpx.Client(timeout=30, limits=httpx.Limits(max_connections=64)) as http, ThreadPoolExecutor(64) as pool:

        def send(number: int) -> None:
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            files = [("files", ("part.png", photo, "image/png"))]
            try:
                code = http.post(f"{url}/v1/inspect", files=files, data={"detector_id": detector}).status_code
            except httpx.HTTPError:
                code = 0
            with lock:  # from the timetable on, so that a late answer is not hidden by a late question
                codes[code] += 1
                times.append(time.perf_counter() - due)

        for _ in pool.map(send, range(round(seconds * rate))):
            pass
    cuts = statistics.quantiles(times, n=100)
    total, refused = codes.total(), codes[429] + codes[503]
    return {
        "per_second": round(codes[202] / (time.perf_counter() - began), 1),
        "asked_per_second": rate,
        "requests": total,
        "errors": (total - codes[202] - refused) / total,
        "refused": refused / total,
        "ms_p50": round(1000 * cuts[49], 1),
        "ms_p95": round(1000 * cuts[94], 1),
        "ms_p99": round(1000 * cuts[98], 1),
    }


def _workers(size: Size, count: int, settings: Settings) -> dict[str, Any]:
    """The same work by some workers: inspections, then pictures."""
    from tools.vision.images import save_png

    detector = make_detector(settings, settings.data_dir)
    workers = [_process(f"worker{number}", settings, "worker") for number in range(count)]
    jobs.launch(settings, work=False)
    try:
        photos = [save_png(settings.data_dir / "in" / f"{n}.png", part(n)) for n in range(8)]
        warm = [jobs.start("inspect", {"paths": [photos[0]], "detector_id": detector}) for _ in range(4 * count)]
        _wait(warm)
        seconds = _timed(
            [("inspect", {"paths": [photos[n % 8]], "detector_id": detector}) for n in range(size.inspections)]
        )
        a_job = max(1, size.pictures // 16)
        sculpts = [
            ("sculpt", {"blueprint": {"defect_type": "scratch"}, "good": photos, "count": a_job, "seed": n})
            for n in range(size.pictures // a_job)
        ]
        drawing = _timed(sculpts)
        peak = max(_resident_mb(worker) for worker in workers)
    finally:
        jobs.shutdown()
        for worker in workers:
            worker.stop()
    print(f"speed: {count} workers: {size.inspections / seconds:.1f} inspections/s", file=sys.stderr)
    return {
        "per_second": round(size.inspections / seconds, 2),
        "pictures_per_second": round(a_job * len(sculpts) / drawing, 2),
        "peak_mb": round(peak),
    }


def _until_taken(before: int) -> None:
    """Wait until the worker has begun."""
    end = time.monotonic() + 120
    while jobs.count_open() >= before and time.monotonic() < end:
        time.sleep(0.2)


def _timed(wanted: list[tuple[str, dict[str, Any]]]) -> float:
    began = time.perf_counter()
    _wait([jobs.start(kind, arguments) for kind, arguments in wanted])
    return time.perf_counter() - began


def _wait(ids: list[str]) -> None:
    end = time.monotonic() + 600
    while jobs.count_open() and time.monotonic() < end:
        time.sleep(0.05)
    failed = [one for one in ids if jobs.status(one).state != "done"]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(ids)} jobs did not end well: {jobs.status(failed[0]).error}")


def _queue(size: Size, settings: Settings) -> dict[str, Any]:
    """Many small jobs at once: how fast they go in, what a look at the queue costs, how fast they come out."""
    jobs.launch(settings, work=False)
    try:
        began = time.perf_counter()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: jobs.start("probe", {}), range(size.queue)))
        put = time.perf_counter() - began
        began = time.perf_counter()
        waiting = jobs.count_open()
        counting = time.perf_counter() - began
        began = time.perf_counter()
        jobs.list_jobs(limit=50)
        listing = time.perf_counter() - began
        worker = _process("worker", settings, "worker")
        try:
            _until_taken(waiting)
            left, began = jobs.count_open(), time.perf_counter()
            time.sleep(10.0)
            rate = (left - jobs.count_open()) / (time.perf_counter() - began)
            memory = _resident_mb(worker)
        finally:
            worker.stop()
    finally:
        jobs.shutdown()
    return {
        "jobs": waiting,
        "put_per_second": round(size.queue / put, 1),
        "count_ms": round(1000 * counting, 1),
        "list_50_ms": round(1000 * listing, 1),
        "per_second": round(rate, 1),
        "peak_mb": round(memory),
    }
