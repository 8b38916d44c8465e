"""What is sent to an inpainting model, and what of its answer is believed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.generation.fal import (
    Connection,
    FalError,
    FalGenerator,
    FalOptions,
    FalRefusedError,
    FalRequest,
    connect,
    make_request,
    prompt_of,
)
from tools.generation.fal_queue import FalQueue, explain, picture_url
from tools.generation.inpainting import Painted, compose, cut, find_window, grow
from tools.generation.registry import get_generator
from tools.generation.renderer import Renderer
from tools.vision.images import encode_png

SCRATCH = Blueprint(defect_type="scratch", material="steel", part="plate")


def plate(height: int = 160, width: int = 200) -> NDArray[np.uint8]:
    grey = 130 + np.random.default_rng(0).normal(0, 5, (height, width, 1))
    return np.repeat(grey.clip(0, 255).astype(np.uint8), 3, axis=2)


def masked(shape: tuple[int, int], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    mask = np.zeros(shape, dtype=np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = 255
    return mask


@pytest.mark.parametrize("shape", [(160, 200), (900, 2200), (512, 512), (40, 3000)])
def test_the_cut_out_holds_the_mask_and_has_sides_that_a_model_takes(shape: tuple[int, int]) -> None:
    mask = masked(shape, (shape[1] // 2, shape[0] // 2, shape[1] // 2 + 30, shape[0] // 2 + 8))
    window = find_window(mask)
    x1, y1, x2, y2 = window.box_xyxy
    assert 0 <= x1 < x2 <= shape[1]
    assert 0 <= y1 < y2 <= shape[0]
    assert int((mask[y1:y2, x1:x2] > 0).sum()) == int((mask > 0).sum())
    assert window.size[0] % 16 == window.size[1] % 16 == 0
    assert cut(mask, window).shape == window.size[::-1]
    assert cut(plate(*shape), window).dtype == np.uint8


def test_only_what_was_asked_for_and_differs_is_taken() -> None:
    photo, mask = plate(), masked((160, 200), (60, 60, 100, 90))
    window = find_window(mask)
    answer = photo.astype(np.float32) + np.random.default_rng(1).normal(0, 1.5, photo.shape)
    answer[65:80, 70:115] -= 45  # reaches out of the mask on the right
    painted = compose(photo, mask, window, cut(answer.clip(0, 255).astype(np.uint8), window))
    assert isinstance(painted, Painted)
    assert not (painted.mask[mask == 0]).any()
    assert (painted.image[painted.mask == 0] == photo[painted.mask == 0]).all()
    wanted = masked((160, 200), (70, 65, 100, 80)) > 0
    overlap = ((painted.mask > 0) & wanted).sum() / ((painted.mask > 0) | wanted).sum()
    assert overlap > 0.8


def test_answers_that_are_refused() -> None:
    photo, mask = plate(), masked((160, 200), (60, 60, 100, 90))
    window = find_window(mask)
    sent = cut(photo, window)
    assert compose(photo, mask, window, sent) == "nothing to be seen inside the mask"
    brighter = (sent.astype(np.int16) + 12).clip(0, 255).astype(np.uint8)
    assert compose(photo, mask, window, brighter) == "nothing to be seen inside the mask"
    beside = sent.copy()
    beside[: sent.shape[0] // 4] = 0
    assert compose(photo, mask, window, beside) == "the change lies outside the mask"
    assert "not the shape" in str(compose(photo, mask, window, sent[:, : sent.shape[1] // 2]))


def test_the_same_request_has_the_same_key() -> None:
    start = Renderer().generate(SCRATCH, plate(), 3)
    first, again = make_request(SCRATCH, start, 3, 0), make_request(SCRATCH, start, 3, 0)
    assert first == again
    others = [
        make_request(SCRATCH, start, 3, 1),
        make_request(SCRATCH, start, 4, 0),
        make_request(SCRATCH, start, 3, 0, FalOptions(endpoint="fal-ai/other")),
        make_request(SCRATCH, start, 3, 0, FalOptions(arguments={"guidance_scale": 5})),
        make_request(SCRATCH.model_copy(update={"prompt": "a long scratch"}), start, 3, 0),
    ]
    assert len({first.key, *(each.key for each in others)}) == 6
    assert first.arguments["image_url"].startswith("data:image/png;base64,")
    assert (grow(start.mask) >= start.mask).all()
    assert "image_url" not in repr(first)
    assert prompt_of(SCRATCH) == (
        "macro photograph of a scratch on a steel plate surface, industrial inspection, sharp focus, same lighting as "
        "the rest of the photo"
    )


def test_it_gives_up_after_some_attempts_and_says_why() -> None:
    asked: list[FalRequest] = []

    def ask(request: FalRequest) -> bytes:
        asked.append(request)
        if request.attempt == 0:
            raise FalRefusedError("no")
        return b"no image" if request.attempt == 1 else encode_png(plate(512, 640))

    with pytest.raises(FalError, match=r"asked 4 times .* inside the mask"):
        FalGenerator(Connection(ask)).generate(SCRATCH, plate(), 1)
    assert len({each.key for each in asked}) == 4


def test_without_an_account() -> None:
    connect(None)
    with pytest.raises(FalError, match="REDRABBIT_FAL_KEY"):
        get_generator("fal").generate(SCRATCH, plate(), 1)


def test_words_for_what_fal_says() -> None:
    policy = [{"loc": ["body"], "msg": "flagged", "type": "content_policy_violation"}]
    assert "safety filter" in explain(policy)
    assert "took too long" in explain("Request timed out")
    assert explain({"detail": "boom " * 100}).startswith("fal.ai could not make the picture (boom boom")
    with pytest.raises(FalRefusedError, match="safety filter withheld"):
        picture_url({"has_nsfw_concepts": [True], "images": [{"url": "https://x"}]})
    for empty in ({}, {"images": []}, {"images": [{}]}, {"image": None}):
        with pytest.raises(FalRefusedError, match="no picture"):
            picture_url(empty)
    with pytest.raises(FalError, match="not fetched"):
        FalQueue("a:b").fetch({"images": [{"url": "http://127.0.0.1/secret"}]})
    assert FalQueue("a:b").fetch({"image": {"url": "data:image/png;base64,aGk="}}) == b"hi"
