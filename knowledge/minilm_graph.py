"""MiniLM as an ONNX graph, built straight from its safetensors file: no torch, about a second.

The network is BERT (Devlin et al. 2019) with 6 layers of width 384 and 12 heads, mean pooling over the tokens and L2
normalisation, as sentence-transformers defines all-MiniLM-L6-v2. Inputs `input_ids` and `attention_mask` are int64
N x T; the output `embedding` is float32 N x 384.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAPH_VERSION = 1
"""Raised when the graph changes, so that an older cached file is not used."""
LAYERS, HEADS, WIDTH = 6, 12, 384
_OPSET, _IR_VERSION, _EPSILON = 20, 10, 1e-12


class _Graph:
    """Collects nodes and weights; every method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        name = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name


def build(weights_file: Path) -> bytes:
    """The serialised ONNX model of the weights in `weights_file`."""
    from onnx import TensorProto, helper
    from safetensors.numpy import load_file

    weights = load_file(str(weights_file))
    graph = _Graph()
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    state = _embed(graph, weights)
    bias = _mask_bias(graph, mask)
    for layer in range(LAYERS):
        state = _layer(graph, weights, f"encoder.layer.{layer}.", state, bias)
    _pool(graph, state, mask)
    tokens = ["texts", "tokens"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, tokens) for n in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", WIDTH])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "minilm", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    return bytes(model.SerializeToString())


def _embed(graph: _Graph, weights: dict[str, NDArray[np.float32]]) -> str:
    """Word, position and (always the first) segment embedding, normalised."""
    table = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    place = graph.constant("positions", positions)
    length = graph.node("Shape", "input_ids", start=1, end=2)
    zero = graph.constant("zero", np.array([0], np.int64))
    summed = graph.node("Add", graph.node("Gather", table, "input_ids"), graph.node("Slice", place, zero, length))
    return _normalise(graph, weights, "embeddings.LayerNorm", summed)


def _mask_bias(graph: _Graph, mask: str) -> str:
    """0 where there is a token, a very negative number where there is padding; N x 1 x 1 x T."""
    one = graph.constant("one", np.array(1.0, np.float32))
    far = graph.constant("far", np.array(-1e9, np.float32))
    axes = graph.constant("head_axes", np.array([1, 2], np.int64))
    return graph.node("Unsqueeze", graph.node("Mul", graph.node("Sub", one, mask), far), axes)


def _layer(graph: _Graph, weights: dict[str, NDArray[np.float32]], prefix: str, state: str, bias: str) -> str:
    """Self-attention and feed-forward, each with its residual and normalisation."""
    split = graph.constant(prefix + "split", np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
    merge = graph.constant(prefix + "merge", np.array([0, 0, WIDTH], np.int64))
    scale = graph.constant(prefix + "scale", np.array((WIDTH // HEADS) ** -0.5, np.float32))

    def heads(name: str, order: list[int]) -> str:
        projected = _linear(graph, weights, f"{prefix}attention.self.{name}", state)
        return graph.node("Transpose", graph.node("Reshape", projected, split), perm=order)

    query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
    scores = graph.node("Add", graph.node("Mul", graph.node("MatMul", query, key), scale), bias)
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
    joined = graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), merge)
    attended = _linear(graph, weights, prefix + "attention.output.dense", joined)
    state = _normalise(graph, weights, prefix + "attention.output.LayerNorm", graph.node("Add", attended, state))
    wide = graph.node("Gelu", _linear(graph, weights, prefix + "intermediate.dense", state))
    narrow = _linear(graph, weights, prefix + "output.dense", wide)
    return _normalise(graph, weights, prefix + "output.LayerNorm", graph.node("Add", narrow, state))


def _linear(graph: _Graph, weights: dict[str, NDArray[np.float32]], name: str, value: str) -> str:
    matrix = graph.constant(name + ".weight", weights[name + ".weight"].T)
    return graph.node(
        "Add", graph.node("MatMul", value, matrix), graph.constant(name + ".bias", weights[name + ".bias"])
    )


def _normalise(graph: _Graph, weights: dict[str, NDArray[np.float32]], name: str, value: str) -> str:
    scale = graph.constant(name + ".weight", weights[name + ".weight"])
    shift = graph.constant(name + ".bias", weights[name + ".bias"])
    return graph.node("LayerNormalization", value, scale, shift, axis=-1, epsilon=_EPSILON)


def _pool(graph: _Graph, state: str, mask: str) -> None:
    """Mean over the tokens that are there, then length one."""
    last = graph.constant("last_axis", np.array([2], np.int64))
    tokens = graph.constant("token_axis", np.array([1], np.int64))
    weight = graph.node("Unsqueeze", mask, last)
    total = graph.node("ReduceSum", graph.node("Mul", state, weight), tokens, keepdims=0)
    mean = graph.node("Div", total, graph.node("ReduceSum", weight, tokens, keepdims=0))
    graph.node("Div", mean, graph.node("ReduceL2", mean, tokens, keepdims=1), output="embedding")
