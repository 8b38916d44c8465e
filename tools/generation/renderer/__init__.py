"""The procedural renderer: exact masks first, then pixels that match the photo."""

from tools.generation.renderer.renderer import VERSION, Renderer, parameters_of

__all__ = ["VERSION", "Renderer", "parameters_of"]
