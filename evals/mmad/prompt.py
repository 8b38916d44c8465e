"""What a multimodal model is sent: instruction, good photos, the photo in question, evidence, knowledge, the question.

The shape follows the benchmark's protocol (instruction, templates, "the last image is the query image", question with
lettered options); the words are ours.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from evals.mmad.answerers import Case
from tools.vision.types import RgbImage

MAX_SIDE_PX = 512
"""Pictures are scaled down to this, as in the benchmark."""
INSTRUCTION = (
    "You inspect industrial products by photographs. Judge whether the product on the query image has a defect and "
    "answer the question about it. Exactly one option is right. Reply with the letter of that option and nothing else."
)
MAX_KNOWLEDGE = 6000


def data_url(image: RgbImage, max_side_px: int = MAX_SIDE_PX) -> str:
    """A picture as a JPEG data address, scaled down where it is larger."""
    picture = Image.fromarray(image)
    picture.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=92)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def question_text(text: str, options: Mapping[str, str]) -> str:
    """A question with its options, one a line."""
    return "\n".join([f"Question: {text}", *(f"{letter}. {option}" for letter, option in options.items())])


def content(case: Case) -> list[dict[str, Any]]:
    """The user message of a case, as LangChain content blocks."""
    blocks: list[dict[str, Any]] = []
    if case.templates:
        many = len(case.templates)
        what = "This image shows a good product" if many == 1 else f"These {many} images show good products"
        blocks.append(_text(f"{what} to compare with."))
        blocks += [_picture(image) for image in case.templates]
    blocks.append(_text("The last image is the query image."))
    blocks.append(_picture(case.image))
    if case.knowledge:
        blocks.append(_text(_knowledge(case.knowledge)))
    if case.finding is not None:
        blocks.append(_text(case.finding.evidence()))
    asked = [f"{question_text(turn.question.text, turn.options)}\nYour answer: {turn.said}" for turn in case.history]
    asked.append(question_text(case.question.text, case.options))
    blocks.append(_text("\n\n".join(asked)))
    return blocks


def _knowledge(texts: Mapping[str, str]) -> str:
    lines = [f"- {name.replace('_', ' ')}: {' '.join(text.split())}" for name, text in texts.items()]
    return ("What is known of this product, good and with each kind of defect:\n" + "\n".join(lines))[:MAX_KNOWLEDGE]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _picture(image: RgbImage) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": data_url(image)}}
