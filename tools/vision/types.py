"""The array types that cross public borders.

An image is always `uint8`, height x width x 3, RGB. A mask is `uint8`, height x width, 0 or 255. A score map is
`float32`, height x width, higher is worse. Boxes are `xyxy` in pixels with exclusive ends.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RgbImage: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.uint8]
ScoreMap: TypeAlias = NDArray[np.float32]
Box: TypeAlias = tuple[int, int, int, int]
