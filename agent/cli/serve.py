"""`redrabbit serve`: the HTTP API and the chat page on one port."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond 127.0.0.1 callers need a key.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    work: Annotated[bool, typer.Option("--work/--no-work", help="Also work on queued jobs.")] = True,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Serve the chat page beside the API.")] = True,
) -> None:
    """Start the HTTP API (/v1) and the chat page (/)."""
    from agent.settings import get_settings

    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = get_settings().model_copy(update=changes)
    socket = _listen(settings.host, settings.port)
    settings = settings.model_copy(update={"port": socket.getsockname()[1]})

    from agent import telemetry
    from agent.api.app import create_app
    from agent.logs import configure

    configure(settings.log_format)
    if lacking := telemetry.start(settings):
        print(f"warning: {lacking}", file=sys.stderr)
    application = create_app(settings, work=work, page=page)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{shown}:{settings.port}"
    print(f"Red Rabbit: {url}   (Ctrl-C stops it)", file=sys.stderr, flush=True)
    if open_browser:
        import webbrowser

        webbrowser.open(url)
    _run(application, socket)


def _listen(host: str, port: int) -> Any:
    """A bound socket, before anything slow is imported.

    Raises:
        ServeError: the address cannot be used.
    """
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        from agent.api.errors import AddressError

        raise AddressError(f"cannot listen on {host}:{port} ({error.strerror}); try --port 0") from None
    made.listen(128)
    return made


def _run(application: Any, socket: Any) -> None:
    """Serve until told to stop; a job that runs then stays open and goes on at the next start."""
    import uvicorn

    from agent import telemetry

    for name in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops gracefully, then raises the signal again for whoever was there before it: nobody.
        signal.signal(name, lambda _number, _frame: None)
    config = uvicorn.Config(application, log_level="warning", server_header=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    server.run(sockets=[socket])
    telemetry.close()
    sys.stderr.flush()
    # Steps in native code cannot be interrupted, and nothing of theirs would be kept: do not wait for them.
    os._exit(0 if server.started else 1)
