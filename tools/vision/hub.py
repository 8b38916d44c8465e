"""Models that do not come with the install: fetched from the Hugging Face hub when asked to, each file checked.

The hub names the SHA-256 of every weight file; a file is kept only if its bytes have it, and the digests stay in the
folder (`weights.json`), so that a file that changes later is refused when it is loaded.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.vision.backbone.folder import DIGESTS
from tools.vision.errors import WeightsError
from tools.vision.images import write_atomic
from tools.vision.weights import file_digest

WANTED = ("config.json", "preprocessor_config.json", "model.safetensors")
TEXT = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json")
TIMEOUT_S = 20.0


@dataclass(frozen=True)
class HubModel:
    """One model of the hub and the backbone spec that uses it."""

    name: str
    kind: str
    repository: str
    what: str
    licence: str


_MODELS = (
    HubModel("dinov2-small", "dinov2", "facebook/dinov2-small", "DINOv2 ViT-S/14: 22 M parameters", "Apache-2.0"),
    HubModel("dinov2-base", "dinov2", "facebook/dinov2-base", "DINOv2 ViT-B/14: 87 M parameters", "Apache-2.0"),
    HubModel(
        "clip-vit-b32", "clip", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "CLIP ViT-B/32: image-text agreement", "MIT"
    ),
)


def hub_models() -> dict[str, HubModel]:
    """Name → model that `fetch` knows; any `owner/name` of the hub works as well."""
    return {model.name: model for model in _MODELS}


@dataclass(frozen=True)
class Fetched:
    """A model on disk; `spec` is what `REDRABBIT_BACKBONE` takes."""

    folder: Path
    spec: str
    revision: str
    files: dict[str, str]


def fetch(
    name: str,
    folder: Path,
    *,
    revision: str | None = None,
    sha256: str | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> Fetched:
    """Fetch a model into a folder.

    Args:
        name: a key of `hub_models`, or `owner/name` on the hub.
        folder: where to; files that are there and intact are not fetched again.
        revision: commit, tag or branch; the newest by default.
        sha256: what `model.safetensors` must have, beside what the hub says.
        progress: told of each file.

    Raises:
        WeightsError: unknown name, no network, no such model, no safetensors, or bytes that differ from their digest.
    """
    model = hub_models().get(name)
    if model is None and name.count("/") != 1:
        raise WeightsError(f"no model {name!r}; there are {', '.join(hub_models())}, and any owner/name of the hub")
    repository = model.repository if model else name
    commit, published = _listing(repository, revision)
    if "model.safetensors" not in published:
        raise WeightsError(f"{repository} has no model.safetensors; only that format is taken")
    if sha256 is not None and published["model.safetensors"] not in (None, sha256.lower()):
        raise WeightsError(f"{repository} publishes model.safetensors with another SHA-256 than {sha256[:12]}…")
    digests = {}
    for file in (*WANTED, *TEXT):
        if file in published:
            expected = sha256.lower() if sha256 and file == "model.safetensors" else published[file]
            digests[file] = _keep(repository, commit, file, folder / file, expected, progress)
    document = {"repository": repository, "revision": commit, "files": digests}
    write_atomic(folder / DIGESTS, json.dumps(document, indent=1).encode())
    return Fetched(folder, f"{model.kind if model else 'transformers'}:{folder}", commit, digests)


def _keep(
    repository: str, commit: str, file: str, target: Path, expected: str | None, progress: Callable[[str], None]
) -> str:
    """Fetch one file unless it is there; returns its digest."""
    if expected is not None and target.is_file() and file_digest(target) == expected:
        progress(f"{file}: already here")
        return expected
    progress(f"{file}: fetching")
    cached = _download(repository, commit, file)
    found = hashlib.sha256(cached.read_bytes()).hexdigest() if expected is None else file_digest(cached)
    if expected is not None and found != expected:
        raise WeightsError(f"{file} of {repository} arrived damaged (sha256 {found[:12]}…, expected {expected[:12]}…)")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    shutil.copyfile(cached, partial)
    partial.replace(target)
    return found


def _listing(repository: str, revision: str | None) -> tuple[str, dict[str, str | None]]:
    """The commit, and file → SHA-256 where the hub states one (large files)."""
    from huggingface_hub import HfApi

    def ask() -> Any:
        return HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=TIMEOUT_S)

    info = _ask(repository, ask)
    files = {one.rfilename: (one.lfs.sha256 if one.lfs is not None else None) for one in info.siblings or ()}
    return str(info.sha), files


def _download(repository: str, commit: str, file: str) -> Path:
    from huggingface_hub import hf_hub_download

    return Path(_ask(repository, lambda: hf_hub_download(repository, file, revision=commit, etag_timeout=TIMEOUT_S)))


def _ask(repository: str, question: Callable[[], Any]) -> Any:
    """Ask the hub; every failure is one sentence."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

    copy = "on a machine with a network fetch it, copy the folder, and set REDRABBIT_BACKBONE to it"
    try:
        return question()
    except RepositoryNotFoundError as error:
        raise WeightsError(f"the hub has no model {repository!r}, or it is not public") from error
    except OfflineModeIsEnabled as error:
        raise WeightsError(f"HF_HUB_OFFLINE is set, so {repository} cannot be fetched; {copy}") from error
    except HfHubHTTPError as error:
        raise WeightsError(f"the hub refused {repository}: {str(error).splitlines()[0][:120]}") from error
    except Exception as error:
        # No route, no name, no certificate: the kind depends on the transport that the hub's client uses.
        raise WeightsError(f"the hub cannot be reached ({type(error).__name__}); {copy}") from error
