"""On what a bundle was made: processor, graphics card, versions, seed. Facts for an audit, nothing that identifies a
person or a path."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "scipy", "opencv-python-headless", "pillow", "scikit-learn", "torch", "safetensors", "onnxruntime")


def collect_environment() -> dict[str, Any]:
    """JSON values: python, platform, cpu, gpus, packages, and a fingerprint (sha256) of them all."""
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "gpus": _gpus(),
        "packages": {name: _version(name) for name in PACKAGES},
        "product": _version("red-rabbit"),
    }
    text = json.dumps(facts, sort_keys=True)
    return {**facts, "fingerprint_sha256": hashlib.sha256(text.encode()).hexdigest()}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _gpus() -> list[dict[str, str]]:
    """Name and driver's CUDA version of each card that torch can use; torch is asked only where it is loaded."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [
        {"name": torch.cuda.get_device_name(index), "cuda": str(torch.version.cuda)}
        for index in range(torch.cuda.device_count())
    ]
