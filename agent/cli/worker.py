"""`redrabbit worker`: work on queued jobs until stopped."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def worker(
    queue: Annotated[
        list[str] | None,
        typer.Option(help="Take jobs of this queue only (work, gpu, inspect, fal); more than one is fine."),
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="Leave when no job is queued or running.")] = False,
) -> None:
    """Take jobs from the queues of the database and work on them; start as many workers as you like.

    Stopping one (Ctrl-C, SIGTERM, a crash) loses nothing: another worker, or the next start, goes on with its jobs.
    """
    from agent import telemetry
    from agent.jobs import client
    from agent.logs import configure
    from agent.settings import get_settings

    configure(get_settings().log_format)
    if lacking := telemetry.start(get_settings()):
        print(f"warning: {lacking}", file=sys.stderr)
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, ask_to_stop)
    client.launch(get_settings(), queues=queue or None)
    print("worker: ready", file=sys.stderr, flush=True)
    while not stop.wait(0.5):
        if drain and client.count_open() == 0:
            break
    client.shutdown()
    telemetry.close()
    print("worker: stopped", file=sys.stderr, flush=True)
    # A step in native code cannot be interrupted; its job stays open and is taken up again, so do not wait for it.
    sys.stderr.flush()
    os._exit(0)
