"""The program that writes a report's sentences with a chat model; `agent.report.llm` checks every one of them."""

from __future__ import annotations

import base64
from typing import Any

from agent.programs.lm import as_lm, using
from agent.programs.saved import instructions as saved_instructions
from agent.report.errors import ReportError
from agent.report.llm import Draft, Inputs


def make_program(text: str) -> Any:
    """The dspy program `facts, records, pictures, earlier, corrections -> draft` with these instructions."""
    import dspy

    fields: dict[str, Any] = {
        "facts": (str, dspy.InputField(desc="FACTS, as JSON")),
        "records": (str, dspy.InputField(desc="RECORDS, as JSON")),
        "captions": (list[str], dspy.InputField(desc="what the pictures show, in their order")),
        "pictures": (list[dspy.Image], dspy.InputField(desc="of the part")),
        "earlier": (str, dspy.InputField(desc="your earlier draft, or nothing")),
        "corrections": (str, dspy.InputField(desc="what does not hold in it, or nothing")),
        "draft": (Draft, dspy.OutputField(desc="the report")),
    }
    return dspy.Predict(dspy.Signature(fields, text))


def fields_of(known: Inputs, earlier: str = "", corrections: str = "") -> dict[str, Any]:
    """The program's input fields."""
    import dspy

    urls = [f"data:image/png;base64,{base64.b64encode(png).decode()}" for png in known.pictures]
    return {
        "facts": known.facts,
        "records": known.records,
        "captions": list(known.captions),
        "pictures": [dspy.Image(url) for url in urls],
        "earlier": earlier,
        "corrections": corrections,
    }


class Writer:
    """The program on one chat model."""

    def __init__(self, model: Any, instructions: str | None = None) -> None:
        """Use a LangChain chat model (or dspy's) with these instructions, else with the saved ones."""
        self._lm = as_lm(model)
        self._program = make_program(instructions or saved_instructions("report"))

    def write(self, known: Inputs, earlier: str = "", corrections: str = "") -> Draft:
        """One draft.

        Raises:
            ReportError: the model failed, or gave nothing that is a draft.
        """
        from dspy.utils.exceptions import AdapterParseError

        try:
            with using(self._lm):
                found = self._program(**fields_of(known, earlier, corrections)).draft
        except AdapterParseError:
            raise ReportError("the language model gave no report in the wanted form") from None
        except Exception as error:
            first = getattr(getattr(self._lm, "_engine_spec", None), "error", None) or error
            raise ReportError(f"the language model failed ({type(first).__name__})") from None
        return found if isinstance(found, Draft) else Draft.model_validate(found)
