"""Which stages of a backbone to read for local features, where nobody named them."""

from __future__ import annotations

from tools.vision.backbone.protocol import Backbone


def local_stages(backbone: Backbone, count: int = 2) -> tuple[str, ...]:
    """Stages for patch features, the finest first.

    A pyramid (strides differ) gives its last stage of stride 8 and of stride 16, as PatchCore's middle layers; a
    network of one stride gives evenly spaced blocks of its last third, as anomaly detectors on DINOv2 do.
    """
    strides = {stage.stride for stage in backbone.stages}
    if len(strides) > 1:
        deepest = {stage.stride: stage.name for stage in backbone.stages}
        wanted = [deepest[stride] for stride in sorted(strides) if stride in (8, 16)]
        return tuple(wanted[:count]) if wanted else tuple(stage.name for stage in backbone.stages[-count:])
    names = [stage.name for stage in backbone.stages]
    first = (2 * len(names)) // 3
    step = max(1, (len(names) - first) // count)
    return tuple(sorted(set(names[::-1][: step * count : step]), key=names.index))
