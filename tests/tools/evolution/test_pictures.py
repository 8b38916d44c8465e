from __future__ import annotations

import numpy as np

from tools.evolution.engine import Evolution, Member
from tools.evolution.pictures import Node, evolution_picture, frontier_picture, layout

RED = np.array([179, 21, 46])


def reddish(image: np.ndarray) -> int:
    return int((np.abs(image.astype(int) - RED).sum(axis=2) < 40).sum())


def test_no_two_nodes_share_a_place() -> None:
    parents = [None, 0, 0, 1, 1, 2, None, 6]
    places = layout([Node(str(index), parent, 0.5) for index, parent in enumerate(parents)])
    assert len(set(places)) == len(places)
    assert [column for column, _ in places] == [0, 1, 1, 2, 2, 2, 0, 1]


def test_the_best_is_marked() -> None:
    photo = np.full((64, 64, 3), 120, np.uint8)
    nodes = [Node("1", None, 0.5, thumbnail=photo), Node("2", 0, 0.7, best=True, thumbnail=photo)]
    marked = frontier_picture([(1, 0.5), (2, 0.7)], nodes, "choices", "closeness")
    plain = frontier_picture(
        [(1, 0.5), (2, 0.7)], [nodes[0], Node("2", 0, 0.7, thumbnail=photo)], "choices", "closeness"
    )
    assert marked.dtype == np.uint8
    assert reddish(marked) > reddish(plain) + 200


def test_an_evolution_as_a_picture() -> None:
    members = tuple(Member("t", parents, score, (), {}) for parents, score in (((), 0.4), ((0,), 0.6), ((0, 1), 0.8)))
    image = evolution_picture(Evolution(members, (2,), 2, 20, 20, ((4, 0.4), (20, 0.8))))
    assert image.shape[1] > image.shape[0]
    assert evolution_picture(Evolution(members[:1], (0,), 0, 4, None, ())).ndim == 3
