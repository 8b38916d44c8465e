#!/usr/bin/env bash
# The peers of the speed tables in an environment of their own: out/peers/anomalib. Takes a few minutes and 1.5 GB.
# anomalib imports torchvision, and PyPI's torchvision has no operators for a CPU torch: evals/speed/patchcore_run.py
# puts an empty module in the place where it describes them (they are never called).
set -euo pipefail
cd "$(dirname "$0")/.."
env=out/peers/anomalib
[ -x "$env/bin/python" ] || "${PYTHON:-.venv/bin/python}" -m venv "$env"
pip="$env/bin/python -m pip install --quiet --disable-pip-version-check"
$pip "torch==2.13.0" --no-deps
$pip "torchvision==0.28.0" --no-deps
$pip "anomalib==2.7.0" "lightning>=2.6,!=2.6.2,!=2.6.3" pytorch-lightning lightning-utilities timm "torchmetrics>=1.8.2" \
    kornia kornia_rs freia efficientnet-lite-pytorch --no-deps
$pip "setuptools>=77" numpy scipy sympy networkx filelock jinja2 fsspec mpmath typing_extensions safetensors huggingface_hub \
    pyyaml packaging tqdm rich rich-argparse omegaconf "jsonargparse[signatures]<4.47" docstring_parser pandas \
    matplotlib scikit-learn scikit-image einops opencv-python-headless pillow tifffile imagecodecs platformdirs
"$env/bin/python" -c "import torch, anomalib; print('peer environment ready: anomalib', anomalib.__version__)" || true
