"""The page in a real browser: upload, chat, pick, export, download; nothing is fetched from outside."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.generation.base_parts import render_part
from tools.vision.images import save_png

from .conftest import CHROMIUM, CHROMIUM_ARGUMENTS, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BOX = "#rr-box textarea"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(start_server: Callable[..., Server]) -> Iterator[Any]:
    """The opened page; fails afterwards where something was fetched from outside or an error was logged."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    server = start_server()
    server.wait_for_page()
    outside: list[str] = []
    errors: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        opened = browser.new_page(viewport=DESKTOP)
        opened.set_default_timeout(60_000)
        local = (server.url, "data:", "blob:")
        opened.on("request", lambda request: None if request.url.startswith(local) else outside.append(request.url))
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
        opened.goto(server.url)
        opened.wait_for_selector(BOX)
        opened.wait_for_function(OVER)
        yield opened
        browser.close()
    assert outside == []
    assert errors == []
    assert "Traceback" not in "".join(server.lines)


SAID = "Number(document.querySelector('#rr-status [data-said]')?.dataset.said ?? 0)"
OVER = "document.querySelector('#rr-status [data-busy]')?.dataset.busy === 'false'"


def idle(page: Any, said_before: int) -> None:
    """Until one more thing was said and its turn is over, and the moment more in which Gradio closes the event."""
    page.wait_for_function(f"{SAID} > {said_before} && {OVER}", timeout=120_000)
    page.wait_for_timeout(250)


def say(page: Any, text: str) -> str:
    """Say something and give back the whole conversation's words."""
    before = page.evaluate(SAID)
    page.fill(BOX, text)
    page.press(BOX, "Enter")
    idle(page, before)
    words: str = page.inner_text("#rr-chat")
    return words


def good_parts(folder: Path) -> list[Path]:
    return [
        save_png(folder / f"plate {n}.png", render_part("brushed_metal", size=(320, 320), seed=n)) for n in range(4)
    ]


def edit_the_card(page: Any) -> None:
    """A list and Enter set a value; Escape leaves it."""
    said = page.evaluate(SAID)
    page.click('.rr-field[data-field="severity"] .rr-value')
    page.select_option(".rr-editor", "critical")
    idle(page, said)
    assert page.inner_text('.rr-field[data-field="severity"] b') == "critical"
    page.click('.rr-field[data-field="geometry.length_mm"] .rr-value')
    page.keyboard.press("Escape")
    assert page.locator(".rr-editor").count() == 0


def test_from_photos_to_a_data_set(page: Any, tmp_path: Path) -> None:
    shots = tmp_path / "screenshots"
    page.screenshot(path=shots / "empty.png")
    assert page.locator(".rr-steps li").count() == 4
    page.set_input_files("#rr-box input[type=file]", good_parts(tmp_path / "good"))
    page.wait_for_selector("#rr-box .thumbnail-item, #rr-box .thumbnails img, #rr-box [class*=thumbnail]")
    assert "4" in say(page, "These are good parts, 0.1 mm per pixel.")

    say(page, "a 6 mm scratch, 0.4 mm wide, thin and bright, in the center")
    assert page.inner_text('.rr-field[data-field="geometry.length_mm"] b') == "6 mm"
    assert page.inner_text('.rr-field[data-field="geometry.length_mm"] .rr-chip') == "said"
    edit_the_card(page)
    if page.locator(".rr-lineup").count() == 0:
        say(page, "show me")
    page.wait_for_selector(".rr-lineup")
    sources = "[...document.querySelectorAll('.rr-lineup .rr-photo')].map((image) => image.src)"
    before = page.evaluate(sources)
    assert len(set(before)) == 2
    opacity = "getComputedStyle(document.querySelector('.rr-mask')).opacity"
    assert page.evaluate(opacity) == "0"
    page.check(".rr-mask-toggle")
    page.wait_for_function(f"{opacity} > 0.5")
    page.screenshot(path=shots / "lineup.png")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    said = page.evaluate(SAID)
    page.keyboard.press("1")
    idle(page, said)
    assert "The first one." in page.inner_text("#rr-chat")
    assert page.evaluate(sources) != before

    say(page, "export 6 images as a data set")
    page.wait_for_selector(".rr-downloads a")
    with page.expect_download() as started:
        page.click(".rr-downloads a >> nth=0")
    target = tmp_path / "set.zip"
    started.value.save_as(target)
    names = zipfile.ZipFile(target).namelist()
    assert sum(name.startswith("ground_truth/scratch/") for name in names) == 6
    assert "lineage.jsonl" in names
    page.screenshot(path=shots / "data-set.png", full_page=True)

    page.reload()
    page.wait_for_selector(".rr-fields")
    assert "The first one." in page.inner_text("#rr-chat")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=shots / "phone.png", full_page=True)


def test_a_long_job_can_be_cancelled(page: Any, tmp_path: Path) -> None:
    page.set_input_files("#rr-box input[type=file]", good_parts(tmp_path / "good"))
    page.wait_for_selector("#rr-box [class*=thumbnail]")
    say(page, "These are good parts, 0.1 mm per pixel.")
    say(page, "a 6 mm scratch, 0.4 mm wide, in the center")
    page.fill(BOX, "export 400 images as a data set")
    page.press(BOX, "Enter")
    page.wait_for_selector(".rr-progress")
    page.click("#rr-cancel")
    page.wait_for_function("document.querySelector('#rr-chat').innerText.includes('cancelled')")
    page.wait_for_function("!document.querySelector('#rr-box textarea').disabled")
    assert page.locator(".rr-progress").count() == 0


def test_inspect_and_library(page: Any, tmp_path: Path) -> None:
    parts = good_parts(tmp_path / "good")
    page.set_input_files("#rr-box input[type=file]", parts)
    page.wait_for_selector("#rr-box [class*=thumbnail]")
    say(page, "These are good parts, 0.1 mm per pixel.")
    say(page, "a 6 mm scratch on the steel plate")
    say(page, "fit a detector")
    page.click("role=tab[name=Inspect]")
    page.wait_for_function("document.querySelector('#rr-detector input').value.includes('patchcore')")
    page.set_input_files("#rr-photos input[type=file]", parts[:2])
    page.wait_for_selector("#rr-photos .file-preview")
    page.click("#rr-inspect-run")
    page.wait_for_selector(".rr-verdict-card")
    assert page.locator(".rr-verdict-card").count() == 2
    page.click("#rr-inspect-report")
    page.wait_for_selector("#rr-report a")
    with page.expect_popup() as opened:
        page.click("#rr-report a >> nth=0")
    opened.value.wait_for_load_state()
    assert "plate-" in opened.value.inner_text("body")
    page.click("role=tab[name=Library]")
    page.wait_for_selector(".rr-matrix .rr-there")
    page.evaluate("document.querySelector('.rr-matrix .rr-mark').click()")
    page.wait_for_selector(".rr-matrix .rr-never")
    page.click(".rr-matrix .rr-never button")
    page.wait_for_function("!document.querySelector('.rr-matrix .rr-never')")
    page.click(".rr-matrix [data-say] >> nth=0")
    assert page.input_value(BOX).endswith("on the plate")
    page.click("role=tab[name=Library]")
    page.click(".rr-matrix [data-conversation]")
    page.wait_for_selector(".rr-fields")


def test_bad_files_dark_theme_and_a_new_conversation(page: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not an image")
    page.set_input_files("#rr-box input[type=file]", [broken])
    page.wait_for_selector("#rr-box [class*=thumbnail]")
    page.press(BOX, "Enter")
    page.wait_for_function("document.querySelector('#rr-chat').innerText.includes('broken.png is not an image')")
    page.click(".rr-theme")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.reload()
    page.wait_for_selector(BOX)
    page.wait_for_function("document.body.classList.contains('dark')")
    say(page, "what can you do?")
    page.click("#rr-new")
    page.wait_for_selector("#rr-starters button")
    assert "what can you do?" not in page.inner_text("#rr-chat")


def test_accessibility(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    say(page, "a 6 mm scratch in the center of a steel plate")
    page.wait_for_selector("#rr-chat .bubble-wrap[tabindex]")
    for place in ("Sculpt", "Inspect", "Library"):
        page.click(f"role=tab[name={place}]")
        page.wait_for_timeout(1000)
        found = axe.Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        shown = [(each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in serious]
        assert (place, shown) == (place, [])
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.set_viewport_size(DESKTOP)
