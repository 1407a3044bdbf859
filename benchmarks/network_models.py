"""Networks for ``benchmarks/network.py``, as ONNX: name → what gives the bytes, the input's shape and largest value, and the output's name."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from onnx import TensorProto, helper, numpy_helper

Made = tuple[bytes, tuple[int, ...], float, str]


def efficientnet() -> Made:
    """EfficientNet-Lite0 up to stride 16."""
    from edgewright_blocks.learning.visual_anomaly.efficientnet import network_onnx
    from edgewright_blocks.learning.visual_anomaly.weights import read_weights

    return network_onnx(read_weights(), ["stride16"]), (1, 3, 224, 224), 255.0, "stride16"


def ds_cnn() -> Made:
    """DS-CNN as of MLPerf Tiny: 49 × 10 cepstra, four depthwise separable layers of 64 channels, 12 words; random weights."""
    random, nodes, constants = np.random.default_rng(0), [], []
    value = "x"

    def constant(*shape: int) -> str:
        scale = np.sqrt(2 / np.prod(shape[1:], dtype=float)) if len(shape) > 1 else 0.1
        name = f"c{len(constants)}"
        array = random.normal(scale=scale, size=shape).astype(np.float32)
        constants.append(numpy_helper.from_array(array, name))
        return name

    def add(kind: str, *inputs: str, **settings: Any) -> None:
        nonlocal value
        nodes.append(helper.make_node(kind, [value, *inputs], [f"{kind}{len(nodes)}"], **settings))
        value = nodes[-1].output[0]

    add("Conv", constant(64, 1, 10, 4), constant(64), strides=[2, 2], pads=[4, 1, 5, 1])
    add("Relu")
    for _ in range(4):
        add("Conv", constant(64, 1, 3, 3), constant(64), group=64, pads=[1, 1, 1, 1])
        add("Relu")
        add("Conv", constant(64, 64, 1, 1), constant(64))
        add("Relu")
    add("GlobalAveragePool")
    add("Flatten")
    add("Gemm", constant(12, 64), constant(12), transB=1)
    add("Softmax", axis=-1)
    shape = (1, 1, 49, 10)
    graph = helper.make_graph(
        nodes, "ds-cnn", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, (1, 12))], constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model.SerializeToString(), shape, 1.0, value


NETWORKS: Final = {"efficientnet-lite0": efficientnet, "ds-cnn": ds_cnn}
