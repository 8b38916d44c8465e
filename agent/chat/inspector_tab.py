"""The Models place: layout and wiring of the model inspector."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from agent.api.artifacts import Artifacts
from agent.chat.inspector import NONE, InspectorError, ModelInspector, Shown, devices
from agent.chat.inspector_view import EMPTY, shown_html
from agent.settings import Settings
from tools.errors import RedRabbitError

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 4}
FROM_SAMPLES, FROM_UPLOAD = "Sample folder", "Upload"


def models_place(settings: Settings, artifacts: Artifacts, tab: Any) -> None:
    """Put the inspector into a tab."""
    import gradio as gr

    inspector = ModelInspector(settings)
    place = _Place(inspector, artifacts)
    state = gr.State(None)
    with gr.Row(elem_id="rr-models"):
        with gr.Column(scale=4, min_width=280, elem_id="rr-models-form"):
            run = gr.Dropdown([], label="Training run", elem_id="rr-models-run")
            first = gr.Dropdown([], label="Epoch", elem_id="rr-models-first")
            second = gr.Dropdown([NONE], value=NONE, label="Beside it", elem_id="rr-models-second")
            threshold = gr.Slider(0.01, 0.99, 0.5, step=0.01, label="Threshold", elem_id="rr-models-threshold")
            origin = gr.Radio([FROM_SAMPLES, FROM_UPLOAD], value=FROM_SAMPLES, label="Photo", elem_id="rr-models-from")
            with gr.Group() as samples:
                dataset = gr.Dropdown([], label="Data set", elem_id="rr-models-data")
                sample = gr.Dropdown([], label="Sample", elem_id="rr-models-sample")
            with gr.Group(visible=False) as uploads:
                photo = gr.File(label="Photo", file_types=["image"], height=110, elem_id="rr-models-photo")
                mask = gr.File(
                    label="Mask, if there is one", file_types=["image"], height=110, elem_id="rr-models-mask"
                )
            device = gr.Radio(["cpu"], value="cpu", label="Computed on", elem_id="rr-models-device")
        with gr.Column(scale=9, min_width=320):
            view = gr.HTML(EMPTY, elem_id="rr-models-view")
            curve = gr.HTML("", elem_id="rr-models-curve")
    asked = [run, first, second, device, origin, dataset, sample, photo, mask]
    seen = [state, view]

    def follow(event: Callable[..., Any]) -> Any:
        """After a choice: compute, then show at the threshold."""
        return event(place.compute, [*asked, threshold], seen, **QUIET)

    opened = tab.select(place.opened, [run, dataset, device], [run, dataset, device], **QUIET)
    opened = opened.then(place.chose_run, [run], [first, second, threshold, curve], **QUIET)
    opened = opened.then(place.chose_dataset, [dataset, sample], [sample], **QUIET)
    follow(opened.then)
    follow(run.input(place.chose_run, [run], [first, second, threshold, curve], **QUIET).then)
    follow(dataset.input(place.chose_dataset, [dataset, sample], [sample], **QUIET).then)
    for control in (first, second, sample, device):
        follow(control.input)
    for control in (photo, mask):
        follow(control.change)
    origin.change(
        lambda kind: (gr.update(visible=kind == FROM_SAMPLES), gr.update(visible=kind == FROM_UPLOAD)),
        [origin],
        [samples, uploads],
        **QUIET,
    )
    follow(origin.change)
    threshold.input(place.at_threshold, [state, threshold], [view], trigger_mode="always_last", **QUIET)


class _Place:
    """Handlers; every error becomes one sentence in the view."""

    def __init__(self, inspector: ModelInspector, artifacts: Artifacts) -> None:
        self.inspector, self.artifacts = inspector, artifacts

    def opened(self, run: str | None, dataset: str | None, device: str) -> tuple[Any, Any, Any]:
        """The runs, data sets and devices that there are now."""
        runs, datasets = self.inspector.runs(), self.inspector.datasets()
        return _choices(runs, run), _choices(datasets, dataset), _choices(devices(), device)

    def chose_run(self, run: str | None) -> tuple[Any, Any, Any, str]:
        """Epochs, threshold and curve of a run."""
        import gradio as gr

        try:
            if not run:
                return gr.update(choices=[], value=None), gr.update(choices=[NONE], value=NONE), gr.update(), ""
            epochs = self.inspector.epochs(run)
            kept, threshold = self.inspector.kept_epoch(run), self.inspector.threshold(run)
            curve = self._curve(self.inspector.curve(run))
            beside = gr.update(choices=[NONE, *epochs], value=NONE)
            return gr.update(choices=epochs, value=kept), beside, round(threshold, 2), curve
        except RedRabbitError:
            return gr.update(choices=[], value=None), gr.update(choices=[NONE], value=NONE), gr.update(), ""

    def _curve(self, path: Path | None) -> str:
        link = None if path is None else self.artifacts.link(path)
        if link is None:
            return ""
        return (
            '<section class="rr-card" aria-label="Training curve"><h2>Training curve</h2>'
            f'<img src="{link}" alt="Loss, Dice and IoU over epochs"></section>'
        )

    def chose_dataset(self, dataset: str | None, sample: str | None) -> Any:
        """The samples of a data set."""
        try:
            return _choices(self.inspector.samples(dataset) if dataset else [], sample)
        except RedRabbitError:
            return _choices([], None)

    def compute(
        self,
        run: str | None,
        first: int | None,
        second: int | str | None,
        device: str,
        origin: str,
        dataset: str | None,
        sample: str | None,
        photo: str | None,
        mask: str | None,
        threshold: float,
    ) -> tuple[Shown | None, str]:
        """Run the chosen epochs on the chosen photo."""
        try:
            if not run or first is None:
                return None, EMPTY
            epochs = [int(first)] + ([int(second)] if second not in (None, NONE, first) else [])
            if origin == FROM_UPLOAD:
                if not photo:
                    return None, _note("Add a photo, and its mask if there is one.")
                chosen, name = self.inspector.upload(photo, mask), Path(photo).name
            else:
                if not dataset or not sample:
                    return None, _note("There is no data set here yet: sculpt one, or upload a photo.")
                chosen, name = self.inspector.sample(dataset, sample), sample.split(" · ")[-1]
            shown = self.inspector.show(run, epochs, device, chosen, name)
            return shown, shown_html(shown, threshold)
        except RedRabbitError as error:
            return None, _note(str(error))
        except ValueError:
            return None, _note(str(InspectorError("this epoch is not one of the run; choose another")))

    def at_threshold(self, shown: Shown | None, threshold: float) -> str:
        """The same at another threshold; nothing is computed again."""
        return EMPTY if shown is None else shown_html(shown, threshold)


def _choices(names: list[str], chosen: str | None) -> Any:
    import gradio as gr

    return gr.update(choices=names, value=chosen if chosen in names else (names[0] if names else None))


def _note(text: str) -> str:
    return f'<section class="rr-card" role="status"><p>{escape(text)}</p></section>'
