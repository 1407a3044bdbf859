"""A tiny backbone: two convolutions of random weights, strides 8 and 16."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def tiny_backbone(channels=(6, 5), seed=0, opset=17):
    random = np.random.default_rng(seed)
    first = random.normal(0, 0.01, (channels[0], 3, 8, 8)).astype(np.float32)
    second = random.normal(0, 0.2, (channels[1], channels[0], 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["pixels", "w1"], ["c1"], strides=[8, 8], auto_pad="SAME_UPPER"),
        helper.make_node("Relu", ["c1"], ["fine"]),
        helper.make_node("Conv", ["fine", "w2"], ["coarse"], strides=[2, 2], auto_pad="SAME_UPPER"),
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, "h", "w"])
    coarse = helper.make_tensor_value_info("coarse", TensorProto.FLOAT, None)
    weights = [numpy_helper.from_array(first, "w1"), numpy_helper.from_array(second, "w2")]
    graph = helper.make_graph(nodes, "tiny", [pixels], [coarse], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return model.SerializeToString()
