"""The HTML report of a calibration: one file, pictures inside, no outside address."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from jinja2 import Environment, select_autoescape

from tools.calibration.experiment import Experiment
from tools.calibration.optimiser import Told
from tools.calibration.outcome import Outcome
from tools.calibration.plots import beside, convergence, marginals, scatter
from tools.calibration.sensitivity import UNSEEN, visibility
from tools.scoring.distances import energy, nearest_neighbour, sliced_wasserstein
from tools.vision.images import write_atomic

TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Calibration {{ name }}</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fff}
h1{font-size:1.6rem;border-bottom:3px solid #c8102e;padding-bottom:.4rem} h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%} td,th{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd}
td.n{text-align:right;font-variant-numeric:tabular-nums} img{max-width:100%} .no{color:#a15c00}
</style></head><body>
<h1>Calibration “{{ name }}”</h1>
<p>{{ sentence }}</p>
<h2>The parameters</h2>
<table><tr><th>parameter</th><th>value</th><th>seen by the embedding</th></tr>
{% for row in rows %}<tr><td>{{ row.name }}</td><td class="n">{{ row.value }}</td>
<td{% if row.unseen %} class="no"{% endif %}>{{ row.seen }}</td></tr>{% endfor %}</table>
{% if unseen %}<p class="no">The embedding hardly sees {{ unseen }}: no number of images will pin it down;
set it by eye.
</p>{% endif %}
<h2>Distances of the best set to the real images</h2>
<table>{% for key, value in distances %}<tr><td>{{ key }}</td><td class="n">{{ value }}</td></tr>{% endfor %}</table>
{% for title, data in pictures %}<h2>{{ title }}</h2><img alt="{{ title }}" src="data:image/png;base64,{{ data }}">
{% endfor %}</body></html>"""


def write_report(experiment: Experiment, outcome: Outcome) -> Path:
    """Draw the pictures and write `report.html` into the experiment's folder; returns its path."""
    folder, space = experiment.folder, experiment.config.space
    trials = [trial for trial in experiment.study.trials() if trial.outcome is not None]
    told = Told(
        np.stack([space.encode(trial.parameters) for trial in trials]), np.array([trial.outcome for trial in trials])
    )
    seen = visibility(told, space, seed=experiment.config.seed)
    pictures = [
        ("Where the images lie", scatter(folder, folder / "scatter.png")),
        ("Convergence", convergence(outcome.history, outcome.threshold, folder / "convergence.png")),
        ("What was tried", marginals(told, space, outcome.best, folder / "marginals.png")),
        ("Best images beside real ones", beside(folder, outcome.best, folder / "beside.png")),
    ]
    cloud = experiment.images_of(outcome.best)
    rows = [
        {"name": name, "value": _shown(outcome.best[name]), "seen": f"{seen[name]:.0%}", "unseen": seen[name] < UNSEEN}
        for name in space.names
    ]
    html = (
        Environment(autoescape=select_autoescape(default=True))
        .from_string(TEMPLATE)
        .render(
            name=experiment.config.experiment,
            sentence=_sentence(outcome),
            rows=rows,
            unseen=", ".join(name for name in space.names if seen[name] < UNSEEN),
            distances=[
                ("squared MMD (unbiased)", f"{outcome.mmd2:.4f}"),
                ("noise floor: real against real", f"{experiment.floor():.4f}"),
                ("energy distance", f"{energy(cloud, experiment.real):.3f}"),
                ("sliced Wasserstein", f"{sliced_wasserstein(cloud, experiment.real):.3f}"),
                ("nearest neighbour, both ways", f"{nearest_neighbour(cloud, experiment.real):.3f}"),
            ],
            pictures=[(title, base64.b64encode(p.read_bytes()).decode()) for title, p in pictures if p is not None],
        )
    )
    write_atomic(folder / "sensitivity.json", json.dumps(seen, indent=2).encode())
    write_atomic(folder / "report.html", html.encode())
    return folder / "report.html"


def _shown(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _sentence(outcome: Outcome) -> str:
    met = "at or below" if outcome.converged else "above"
    return (
        f"After {outcome.iterations} iterations and {outcome.images} images the best set lies {met} the stop line "
        f"({outcome.mmd2:.4f} against {outcome.threshold:.4f}). Stopped because: {outcome.stopped_because}."
    )
