"""The page's Gradio theme: calm greys, one red, system fonts only (nothing is fetched from outside)."""

from __future__ import annotations

from typing import Any


def theme() -> Any:
    """The theme object."""
    import gradio as gr
    from gradio.themes.utils import colors, sizes

    red = colors.Color(
        name="rabbit",
        c50="#fff1f1",
        c100="#ffe0e1",
        c200="#ffc6c8",
        c300="#ff9ea2",
        c400="#fb666d",
        c500="#e8333d",
        c600="#cc1a26",
        c700="#ab121d",
        c800="#8d131c",
        c900="#75171e",
        c950="#40070b",
    )
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    made = gr.themes.Base(
        primary_hue=red,
        neutral_hue=colors.zinc,
        font=sans,
        font_mono=mono,
        radius_size=sizes.radius_md,
        text_size=sizes.text_md,
    )
    return made.set(
        body_background_fill="#f5f5f4",
        body_background_fill_dark="#111214",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#191a1e",
        background_fill_secondary="#fafaf9",
        background_fill_secondary_dark="#15161a",
        border_color_primary="#e3e2df",
        border_color_primary_dark="#2d2f36",
        block_border_width="0px",
        block_shadow="none",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#22242a",
        button_secondary_border_color="#d8d6d2",
        button_secondary_border_color_dark="#383b44",
        button_border_width="1px",
    )
