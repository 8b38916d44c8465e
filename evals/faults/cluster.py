"""A PostgreSQL cluster of our own on a free port of this machine, which may be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType

from tools.errors import RedRabbitError


class ClusterError(RedRabbitError):
    """PostgreSQL cannot be started here."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def _leave(_number: int, _frame: FrameType | None) -> None:
    """A polite kill ends like Ctrl-C: what was started is stopped and removed."""
    raise SystemExit(143)


class Cluster:
    """`initdb`, `pg_ctl start`, `stop`; everything lies in a temporary folder that `remove` deletes."""

    def __init__(self) -> None:
        """Make the cluster's folder.

        Raises:
            ClusterError: the programs are not installed.
        """
        found = [shutil.which(name) or _newest(name) for name in ("initdb", "pg_ctl")]
        if None in found:
            raise ClusterError("initdb and pg_ctl are not installed; install PostgreSQL's server package")
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _leave)
        self._initdb, self._pg_ctl = (str(name) for name in found)
        self.folder = Path(tempfile.mkdtemp(prefix="redrabbit-pg-"))
        self.port = free_port()
        self.user = "postgres"
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self._run([self._initdb, "-D", str(self.data), "-U", self.user, "-A", "trust", "--no-sync"])

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        self._run([self._pg_ctl, "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-o", options, "start"])

    def stop(self, how: str = "immediate") -> None:
        """Stop; `immediate` is a crash: no transaction is finished, and the next start recovers from the log."""
        self._run([self._pg_ctl, "-D", str(self.data), "-w", "-m", how, "stop"])

    def create(self, database: str) -> None:
        """Make a database."""
        import psycopg

        for _ in range(50):
            try:
                with psycopg.connect(self.url(), autocommit=True) as connection:
                    connection.execute(f'CREATE DATABASE "{database}"')
                return
            except psycopg.OperationalError:
                time.sleep(0.2)
        raise ClusterError("the cluster was started and does not answer")

    def remove(self) -> None:
        """Stop and delete it."""
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        done = subprocess.run(
            [*as_user, *command], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ClusterError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-300:]}")


def _newest(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else None
