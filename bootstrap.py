#!/usr/bin/env python3
"""Make Red Rabbit's virtual environment, with nothing but the standard library.

`python3 bootstrap.py` installs what the product needs; `--dev` adds what its tests need.
Three steps, each skipped when its stamp says it is done: a virtual environment in `.venv`,
torch (a step of its own, because the ordinary index serves a build with gigabytes of CUDA), then
the locked packages without their dependencies. A second run with nothing changed costs nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("REDRABBIT_VENV", ROOT / ".venv"))
TORCH = "torch==2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
UV = "uv==0.13.9"
OLDEST, NEWEST = (3, 11), (3, 14)


def venv_python() -> Path:
    """The interpreter inside the environment, whatever the platform calls its folder."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*command: str | Path, quiet: bool = False) -> bool:
    """Run a command; True when it succeeded."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run([str(part) for part in command], stdout=sink, stderr=sink, check=False).returncode == 0


def digest(*names: str) -> str:
    """One hash over the files that decide what gets installed, this script and the Python version."""
    total = hashlib.sha256(repr((sys.version_info[:3], sys.platform)).encode())
    for name in (*names, "bootstrap.py"):
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def stamped(name: str, value: str) -> bool:
    """True when `.venv/<name>` holds this value: the step is already done."""
    stamp = VENV / f".{name}.stamp"
    return stamp.exists() and stamp.read_text() == value


def put_stamp(name: str, value: str) -> None:
    """Remember that a step is done."""
    (VENV / f".{name}.stamp").write_text(value)


def say(text: str) -> None:
    """One line of progress on stderr."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def install_torch() -> None:
    """A local wheel if pip knows one; the CPU index on Linux without a GPU; else the plain package."""
    pip = (venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    if run(*pip, "--no-index", TORCH, quiet=True):
        say(f"{TORCH} from a local wheel")
        return
    if sys.platform.startswith("linux") and shutil.which("nvidia-smi") is None:
        say(f"{TORCH}, CPU build")
        if run(*pip, "--retries", "1", "--timeout", "30", "--index-url", TORCH_CPU_INDEX, TORCH):
            return
        say("the CPU index did not answer; trying the plain package")
    # The CUDA build needs its runtime packages, so here the dependencies come along.
    plain = [part for part in pip if part != "--no-deps"]
    if not run(*plain, TORCH):
        raise SystemExit(f"setup: could not install {TORCH}; install it into {VENV} by hand and run this again")


def install_lock(lock: str) -> None:
    """The locked packages, by uv where it can be had, by pip where not."""
    python = venv_python()
    has_uv = run(python, "-m", "uv", "--version", quiet=True) or run(
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV
    )
    if has_uv and run(
        python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--no-deps", "-r", ROOT / lock
    ):
        return
    say("uv did not manage; falling back to pip")
    if not run(python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", ROOT / lock):
        raise SystemExit(f"setup: could not install the packages of {lock}; is the package index reachable?")


def link_project() -> None:
    """Put the checkout on the environment's path and write the `redrabbit` command."""
    python = venv_python()
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([str(python), "-c", query], text=True).strip())
    (site / "redrabbit-checkout.pth").write_text(f"{ROOT}\n")
    script = python.with_name("redrabbit")
    # The guard matters: worker processes import this file again.
    start = 'if __name__ == "__main__":\n    sys.exit(main())\n'
    script.write_text(f"#!{python}\nimport sys\n\nfrom agent.cli.main import main\n\n{start}")
    script.chmod(0o755)


def ensure(dev: bool) -> None:
    """Bring the environment up to the lock files."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        wanted = f"{'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}"
        raise SystemExit(
            f"setup: Python {wanted} is needed, this is {sys.version.split()[0]}; run make with PYTHON=python3.11"
        )
    started = time.monotonic()
    base = digest("requirements.lock")
    if not stamped("base", base):
        if not venv_python().exists():
            say(f"a virtual environment in {VENV}")
            venv.create(VENV, with_pip=True)
        install_torch()
        say("the locked packages")
        install_lock("requirements.lock")
        link_project()
        put_stamp("base", base)
    if dev:
        extra = digest("requirements.lock", "requirements-dev.lock")
        if not stamped("dev", extra):
            say("the test packages")
            install_lock("requirements-dev.lock")
            put_stamp("dev", extra)
    if time.monotonic() - started > 1:
        say(f"ready in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", action="store_true", help="also install what the tests need")
    ensure(parser.parse_args().dev)
