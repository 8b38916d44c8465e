"""SuperSimple: a head trained on sculpted defects, beside a memory of good patches. See README.md beside this file."""

from tools.detection.detectors.supersimple.detector import SuperSimple

__all__ = ["SuperSimple"]
