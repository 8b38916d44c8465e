"""The page's layout and wiring, in Gradio Blocks: three places that share one conversation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.api.artifacts import Artifacts
from agent.chat.cards import blueprint_card
from agent.chat.inspecting import HINT, Inspecting
from agent.chat.inspector_tab import models_place
from agent.chat.library import Library
from agent.chat.page import QUICK, Page, Parts
from agent.chat.pictures import EMPTY
from agent.chat.theme import theme
from agent.chat.views import STARTERS
from agent.settings import Settings
from agent.store.repository import Store

ASSETS = Path(__file__).parent / "assets"
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 8}
WELCOME = "### What should go wrong?\nDescribe a defect. Red Rabbit draws it on photos of your own good parts."
HEAD = """<header class="rr-head">{icon}<div><h1>Red Rabbit</h1>
<p>Describe a defect, get a data set, a proven detector and a report.</p></div><span class="rr-grow"></span>
<button class="rr-theme" type="button" aria-label="Switch between light and dark">
<svg viewBox="0 0 24 24" aria-hidden="true">
<path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 1 0-14z"/></svg></button></header>"""
TOP = """<div class="rr-top-row"><h2>Conversation</h2>
<button type="button" class="rr-history" title="Earlier conversations, in the Library">History</button></div>"""
CHOICES = (
    ("1", "1 · left"),
    ("2", "2 · right"),
    ("tie", "Tie (T)"),
    ("both_bad", "Both bad (B)"),
    ("undo", "Undo (U)"),
    ("good enough", "Good enough (G)"),
)


def build(
    settings: Settings,
    store: Store,
    artifacts: Artifacts,
    conversations: Callable[[Settings, str], Any],
) -> Any:
    """The Blocks of the page."""
    import gradio as gr

    page = Page(settings, store, artifacts, conversations)
    with gr.Blocks(title="Red Rabbit", analytics_enabled=False, fill_width=True) as blocks:
        # Empty on purpose: the browser puts its own id in when an event is sent (`rrId` in page.js), so that not even
        # the first click waits for the server to hand one out.
        conversation = gr.Textbox(visible=False)
        gr.HTML(HEAD.format(icon=(ASSETS / "rabbit.svg").read_text()))
        with gr.Tabs(elem_id="rr-places"):
            with gr.Tab("Sculpt", id="sculpt"), gr.Row(elem_id="rr-main"):
                with gr.Column(scale=5, elem_id="rr-talk"):
                    left = _talk()
                with gr.Column(scale=7, elem_id="rr-side"):
                    right = _side()
            with gr.Tab("Inspect", id="inspect") as inspect_tab:
                _inspect(Inspecting(settings, store, artifacts), inspect_tab)
            with gr.Tab("Library", id="library") as library_tab:
                shelf = gr.HTML("", elem_id="rr-shelf")
                mark = gr.Button("Mark", elem_id="rr-mark", elem_classes=["rr-hidden"])
                which = gr.Textbox(visible=False)
            with gr.Tab("Models", id="models") as models_tab:
                models_place(settings, artifacts, models_tab)
        parts = Parts(**left["parts"], **right["parts"])
        _wire(page, blocks, parts, {**left, **right}, conversation)
        library = Library(store, artifacts.link, settings.data_dir)
        library_tab.select(library.html, None, [shelf], **QUIET)
        mark.click(library.mark, [which], [shelf], **{**QUIET, "js": "() => [window.rrMark]"})
    return blocks


def _inspect(place: Inspecting, tab: Any) -> None:
    import gradio as gr

    with gr.Row(elem_id="rr-inspect"):
        with gr.Column(scale=4, elem_id="rr-inspect-form"):
            detector = gr.Dropdown([], label="Detector", elem_id="rr-detector")
            files = gr.File(
                label="Photos of parts", file_count="multiple", file_types=["image"], height=190, elem_id="rr-photos"
            )
            run = gr.Button("Inspect", variant="primary", elem_id="rr-inspect-run")
            report = gr.Button("Write a report on the worst", elem_id="rr-inspect-report")
            written = gr.HTML("", elem_id="rr-report")
        with gr.Column(scale=8):
            with gr.Row(elem_id="rr-inspect-job"):
                progress = gr.HTML("")
                cancel = gr.Button("Cancel", size="sm", elem_id="rr-inspect-cancel", visible=False)
            results = gr.HTML(HINT, elem_id="rr-results")
    worst, job = gr.State(""), gr.State("")

    def choices(chosen: str | None) -> Any:
        found = place.detectors()
        known = {value for _, value in found}
        return gr.update(choices=found, value=chosen if chosen in known else (found[0][1] if found else None))

    tab.select(choices, [detector], [detector], **QUIET)
    running = run.click(place.start, [detector, files], [job, results], **QUIET)
    shown = [progress, cancel, results, worst]
    running.then(place.follow, [job], shown, **QUIET)
    cancel.click(place.cancel, [job], None, **{**QUIET, "queue": False})
    report.click(place.report, [worst], [written], **QUIET)


def _talk() -> dict[str, Any]:
    import gradio as gr

    with gr.Row(elem_id="rr-top"):
        gr.HTML(TOP)
        new = gr.Button("+ New", size="sm", elem_id="rr-new")
        reopen = gr.Button("Open", elem_id="rr-open", elem_classes=["rr-hidden"])
        aloud = gr.Button("Say", elem_id="rr-say", elem_classes=["rr-hidden"])
    chat = gr.Chatbot(
        elem_id="rr-chat",
        show_label=False,
        label="Conversation",
        container=False,
        height="100%",
        buttons=[],
        layout="bubble",
        feedback_options=None,
        placeholder=WELCOME,
    )
    with gr.Row(elem_id="rr-starters") as starters:
        sample = gr.Button("Use rendered sample parts", size="sm", elem_classes=["rr-sample"], elem_id="rr-samples")
        begin = [gr.Button(text, size="sm") for text in STARTERS]
    with gr.Column(elem_id="rr-below"):
        with gr.Row(elem_id="rr-quick"):
            quick = tuple(gr.Button("", size="sm", visible=False) for _ in range(QUICK))
        box = gr.MultimodalTextbox(
            elem_id="rr-box",
            show_label=False,
            label="Message",
            container=False,
            file_count="multiple",
            file_types=["image"],
            sources=["upload"],
            placeholder="Describe a defect, ask, or add photos of good parts …",
            autofocus=True,
        )
        status = gr.HTML("", elem_id="rr-status")
    parts = {"chat": chat, "quick": quick, "starters": starters, "box": box, "status": status}
    return {"parts": parts, "sample": sample, "begin": begin, "new": new, "open": reopen, "say": aloud}


def _side() -> dict[str, Any]:
    import gradio as gr

    with gr.Row(elem_id="rr-job", visible=False) as job:
        bar = gr.HTML("")
        cancel = gr.Button("Cancel", size="sm", elem_id="rr-cancel")
    stage = gr.HTML(EMPTY, elem_id="rr-stage")
    with gr.Row(elem_id="rr-choices", visible=False) as choices:
        buttons = {
            choice: gr.Button(
                label,
                elem_id=f"rr-choose-{choice.replace(' ', '_')}",
                variant="primary" if choice in ("1", "2") else "secondary",
            )
            for choice, label in CHOICES
        }
    card = gr.HTML(blueprint_card(None), elem_id="rr-blueprint")
    downloads = gr.HTML("", elem_id="rr-downloads")
    parts = {"stage": stage, "choices": choices, "card": card, "downloads": downloads, "job": job, "bar": bar}
    return {"parts": parts, "cancel": cancel, "choose": buttons}


def _wire(page: Page, blocks: Any, parts: Parts, controls: dict[str, Any], conversation: Any) -> None:
    import gradio as gr

    outputs = parts.outputs()
    alone = {**QUIET, "js": "() => [rrId()]"}
    with_id = {**QUIET, "js": "(first) => [first, rrId()]"}
    blocks.load(page.opened, [conversation], outputs, **alone)
    controls["new"].click(page.opened, [conversation], outputs, **{**QUIET, "js": "() => [rrNewId()]"})
    parts.box.submit(page.sent, [parts.box, conversation], outputs, **with_id)
    controls["sample"].click(page.samples, [conversation], outputs, **alone)
    opened = {**QUIET, "js": "() => [rrId()]"}
    controls["open"].click(page.opened, [conversation], outputs, **opened)
    words = gr.Textbox(visible=False)
    edited = {**QUIET, "js": "() => [window.rrSaid, rrId()]"}
    controls["say"].click(page.said, [words, conversation], outputs, **edited)
    for button in (*controls["begin"], *parts.quick):
        button.click(page.said, [button, conversation], outputs, **with_id)
    for choice, button in controls["choose"].items():
        answer = gr.Textbox(choice, visible=False)
        pick = {**QUIET, "js": f"() => ['{choice}', rrId()]"}
        button.click(page.chose, [answer, conversation], outputs, **pick)
    controls["cancel"].click(page.cancelled, [conversation], None, queue=False, **alone)


def mounted(
    settings: Settings,
    store: Store,
    artifacts: Artifacts,
    conversations: Callable[[Settings, str], Any],
    check: Callable[[str, str], bool] | None = None,
) -> Any:
    """The page as an ASGI application of its own; `check(user, key)` asks for a login where given."""
    import gradio as gr
    from fastapi import FastAPI

    blocks = build(settings, store, artifacts, conversations)
    script = f"<script>{(ASSETS / 'page.js').read_text()}</script>"
    return gr.mount_gradio_app(
        FastAPI(openapi_url=None, docs_url=None, redoc_url=None),
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        auth=check,
        auth_message="Sign in with the name of your API key and the key itself.",
        max_file_size=settings.max_upload_mb * 2**20,
        show_error=False,
        theme=theme(),
        css_paths=[ASSETS / "page.css"],
        head=script,
        favicon_path=str(ASSETS / "rabbit.svg"),
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
    )
