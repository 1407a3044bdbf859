"""Makers of random networks: each operator with random shapes and settings, and whole small networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from networks import Net, floats

from edgewright_sdk.compiler import read_graph


def conv(random: np.random.Generator, axes: int) -> Net:
    groups = int(random.integers(1, 4))
    deep, made = groups * int(random.integers(1, 4)), groups * int(random.integers(1, 4))
    kernel, strides, dilations = (random.integers(1, 4, axes) for _ in range(3))
    size = (kernel - 1) * dilations + random.integers(1, 9, axes)
    net = Net(1, deep, *map(int, size))
    weights = floats(random, made, deep // groups, *kernel)
    bias = [floats(random, made)] if random.integers(2) else []
    padding: dict[str, Any] = {"pads": random.integers(0, 3, 2 * axes).tolist()}
    if random.integers(3) == 0 and dilations.max() == 1:
        padding = {"auto_pad": str(random.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))}
    net.add(
        "Conv", "x", weights, *bias, group=groups, strides=strides.tolist(), dilations=dilations.tolist(), **padding
    )  # fmt: skip
    return net


def depthwise(random: np.random.Generator) -> Net:
    net = Net(1, 5, int(random.integers(3, 9)), 7)
    net.add("Conv", "x", floats(random, 10, 1, 3, 3), group=5, pads=[1, 0, 1, 2])
    return net


def gemm(random: np.random.Generator) -> Net:
    rows, wide, made = (int(size) for size in random.integers(1, 9, 3))
    flip = int(random.integers(2))
    net = Net(rows, wide)
    weights = floats(random, made, wide) if flip else floats(random, wide, made)
    c = [floats(random, *shape) for shape in ((made,), (1, made), (rows, made), (1,))]
    net.add("Gemm", "x", weights, c[random.integers(4)], transB=flip, alpha=0.5, beta=2.0)
    return net


def matmul(random: np.random.Generator) -> Net:
    net = Net(1, 3, int(random.integers(1, 9)))
    net.add("MatMul", "x", floats(random, net.shape[2], 4))
    return net


def batch_norm(random: np.random.Generator) -> Net:
    net = Net(1, 3, 4, *([5] if random.integers(2) else []))
    value = (
        net.add("Conv", "x", floats(random, 3, 3, *[1] * (len(net.shape) - 2))) if random.integers(2) else "x"
    )
    numbers = [floats(random, 3) for _ in range(3)]
    net.add("BatchNormalization", value, *numbers, floats(random, 3) ** 2 + 0.1, epsilon=1e-3)
    return net


def activation(random: np.random.Generator) -> Net:
    net = Net(1, int(random.integers(1, 40)))
    value = net.add("Mul", "x", np.float32(4))
    kinds: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("Relu", [], {}), ("Clip", [np.float32(-1), np.float32(2)], {}), ("Clip", [np.float32(0.5)], {}),
        ("LeakyRelu", [], {"alpha": 0.2}), ("Sigmoid", [], {}), ("Tanh", [], {}),
        ("HardSigmoid", [], {"alpha": 0.3}), ("HardSwish", [], {}), ("Exp", [], {}), ("Abs", [], {}),
    ]  # fmt: skip
    kind, inputs, settings = kinds[random.integers(len(kinds))]
    value = net.add(kind, value, *inputs, **settings)
    if random.integers(2):
        net.add("Sqrt", net.add("Abs", value))
    return net


def softmax(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 6, 3)))
    net.add("Softmax", net.add("Mul", "x", np.float32(20)), axis=int(random.integers(-4, 4)))
    return net


def arithmetic(random: np.random.Generator) -> Net:
    shape = [1, *map(int, random.integers(1, 5, 3))]
    net = Net(*shape)
    other = [size if random.integers(2) else 1 for size in shape][int(random.integers(4)) :]
    kind = str(random.choice(["Add", "Sub", "Mul", "Div"]))
    constant = np.sign(floats(random, *other)) * (np.abs(floats(random, *other)) + 0.5)
    value = net.add(kind, *(["x", constant] if random.integers(2) else [net.add("Exp", "x"), constant]))
    net.add(kind, constant, net.add("Exp", net.add("Tanh", value)))
    return net


def both_computed(random: np.random.Generator) -> Net:
    net = Net(1, 4, 3, 5)
    pooled = net.add("GlobalAveragePool", "x")
    net.add(str(random.choice(["Add", "Sub", "Mul"])), "x", net.add("Sigmoid", pooled))
    return net


def pad(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 5, 3)))
    pads = random.integers(0, 3, 8)
    if random.integers(2):
        net.add("Pad", "x", pads.astype(np.int64), np.float32(random.choice([0.0, 1.5])))
    else:
        net.add("Pad", "x", pads[:4].astype(np.int64), np.float32(0), np.array([-1, 1], np.int64))
    return net


def concat(random: np.random.Generator) -> Net:
    net, axis = Net(1, *map(int, random.integers(1, 5, 3))), int(random.integers(-3, 4))
    constant = list(net.shape)
    constant[axis] = 2
    net.add("Concat", net.add("Relu", "x"), floats(random, *constant), "x", axis=axis)
    return net


def shapes(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 5, 3)))
    value = net.add("Transpose", "x", perm=[int(axis) for axis in random.permutation(4)])
    value = net.add("Flatten", value, axis=int(random.integers(0, 4)))
    value = net.add("Unsqueeze", value, np.array([0], np.int64))
    value = net.add("Squeeze", value, np.array([0], np.int64))
    # The target shape is worked out from a shape, as exporters write it.
    first = (np.array([place], np.int64) for place in (0, 1))
    sizes = net.add("Slice", net.add("Shape", value), *first)
    sizes = net.add("Concat", np.array([-1], np.int64), sizes, axis=0)
    net.add("Transpose", net.add("Identity", net.add("Reshape", value, sizes)), perm=[1, 0])
    return net


def pool(random: np.random.Generator) -> Net:
    axes = int(random.integers(1, 3))
    kernel = random.integers(1, 4, axes)
    net = Net(1, 3, *map(int, kernel + random.integers(0, 6, axes)))
    kind = str(random.choice(["MaxPool", "AveragePool"]))
    settings: dict[str, Any] = {"count_include_pad": int(random.integers(2))} if kind == "AveragePool" else {}
    pads = np.minimum(random.integers(0, 2, 2 * axes), np.tile(kernel, 2) - 1).tolist()
    if random.integers(3) == 0:
        settings |= {"auto_pad": str(random.choice(["SAME_UPPER", "SAME_LOWER"]))}
    else:
        ceil = int(random.integers(2)) if not settings.get("count_include_pad") else 0
        settings |= {"pads": pads, "ceil_mode": ceil}
    net.add(kind, "x", kernel_shape=kernel.tolist(), strides=random.integers(1, 4, axes).tolist(), **settings)
    return net


def reduce(random: np.random.Generator) -> Net:
    net, keep = Net(1, *map(int, random.integers(1, 6, 3))), int(random.integers(2))
    kind = str(random.choice(["ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"]))
    choices: list[list[int]] = [[], [1], [2], [-1], [1, 2], [2, 3], [-1, -2, -3], [0]]
    axes = choices[random.integers(len(choices))]
    net.add(kind, "x", *([np.array(axes, np.int64)] if axes else []), keepdims=keep)
    return net


def global_pool(random: np.random.Generator) -> Net:
    net = Net(1, *map(int, random.integers(1, 7, int(random.integers(2, 4)))))
    net.add(str(random.choice(["GlobalAveragePool", "GlobalMaxPool"])), "x")
    return net


def mixed(random: np.random.Generator) -> Net:
    """Write operations in any order of axes behind a convolution, so that layouts meet."""
    net = Net(1, *map(int, random.integers(2, 6, 3)))
    value, shape = "x", net.shape
    for _ in range(int(random.integers(3, 9))):
        value = _any_step(net, value, shape, random)
        shape = read_graph(net.data(), "n", net.shape, value).shapes[value]
    return net


def _any_step(net: Net, value: str, shape: tuple[int, ...], random: np.random.Generator) -> str:
    axis, rank = int(random.integers(len(shape))), len(shape)
    steps = ["Transpose", "Softmax", "Concat", "ReduceMean", "Reshape", "MatMul", "Add", "Pad", "Mul"]
    kind = str(random.choice(steps + ["Conv", "MaxPool"] * 4 * (rank == 4 and shape[0] == 1)))
    if kind == "Conv":
        return net.add(kind, value, floats(random, 3, shape[1], 2, 1), pads=[1, 0, 0, 0])
    if kind == "MaxPool":
        return net.add(kind, value, kernel_shape=[1, 1], strides=[1, 2])
    if kind == "Transpose":
        return net.add(kind, value, perm=[0, *(1 + int(place) for place in random.permutation(rank - 1))])
    if kind == "Softmax":
        return net.add(kind, value, axis=axis)
    if kind == "Concat":
        return net.add(kind, value, net.add("Relu", value), axis=axis)
    if kind == "ReduceMean" and axis:
        return net.add(
            kind, value, np.array([axis], np.int64), keepdims=int(random.integers(2)) if rank > 2 else 1
        )
    if kind == "Reshape":
        sizes = [*shape[:-1], 1, shape[-1]] if rank < 4 and random.integers(2) else [1, -1]
        return net.add(kind, value, np.array(sizes, np.int64))
    if kind == "MatMul":
        return net.add(kind, value, floats(random, shape[-1], 3))
    if kind == "Pad":
        return net.add(
            kind, value, np.array([0] * rank + [1] * rank, np.int64) * (np.arange(2 * rank) == rank + axis)
        )
    return net.add("Add" if kind != "Mul" else kind, value, floats(random, *shape[axis:]))


def deep(random: np.random.Generator) -> Net:
    """Write a chain whose values between are large, as strips are for; along time or on an image."""
    axes = int(random.integers(1, 3))
    size = [int(random.integers(20, 40)), 6][:axes]
    net = Net(1, 4, *size)
    value = net.add("Relu", net.add("Conv", "x", floats(random, 4, 4, *[1] * axes)))
    wide = net.add("Conv", value, floats(random, 24, 4, *[1] * axes))
    kernel = [int(random.integers(1, 6)), 3][:axes]
    settings: dict[str, Any] = {"group": 24, "dilations": [int(random.integers(1, 3)), 1][:axes]}
    reach = (kernel[0] - 1) * settings["dilations"][0]
    settings["pads"] = [reach // 2, 1][:axes] + [reach - reach // 2, 1][:axes]
    wide = net.add("HardSwish", net.add("Conv", wide, floats(random, 24, 1, *kernel), **settings))
    if random.integers(2):
        wide = net.add("Mul", wide, net.add("Sigmoid", wide))
    narrow = net.add("Conv", wide, floats(random, 4, 24, *[1] * axes))
    value = net.add("Add", value, narrow)
    pooling = {"kernel_shape": [3, 3][:axes], "strides": [2, 1][:axes], "pads": [1, 1][:axes] * 2}
    net.add(str(random.choice(["MaxPool", "AveragePool"])), value, **pooling)
    return net


MAKERS = {
    "conv1d": lambda random: conv(random, 1),
    "conv2d": lambda random: conv(random, 2),
    **{
        make.__name__: make
        for make in (
            depthwise, gemm, matmul, batch_norm, activation, softmax, arithmetic, both_computed, pad, concat, shapes,
            pool, reduce, global_pool, mixed, deep,
        )
    },
}  # fmt: skip


def residual_network(random: np.random.Generator) -> Net:
    """A small CNN with everything that passes fuse: padding, batch norm, residual, squeeze and excitation."""
    net = Net(1, 3, 12, 10)
    value = net.add("Pad", "x", np.array([0, 0, 0, 1, 0, 0, 1, 0], np.int64))
    value = net.add("Conv", value, floats(random, 8, 3, 3, 3) / 3, strides=[2, 2], pads=[1, 0, 0, 1])
    numbers = [floats(random, 8) for _ in range(3)]
    value = net.add("BatchNormalization", value, *numbers, floats(random, 8) ** 2 + 0.5)
    first = net.add("Clip", value, np.float32(0), np.float32(6))
    value = net.add("Conv", first, floats(random, 8, 1, 3, 3), group=8, pads=[1, 1, 1, 1])
    value = net.add("HardSwish", value)
    gate = net.add(
        "HardSigmoid", net.add("Conv", net.add("GlobalAveragePool", value), floats(random, 8, 8, 1, 1))
    )
    value = net.add("Conv", net.add("Mul", value, gate), floats(random, 8, 8, 1, 1))
    value = net.add("Relu", net.add("Add", first, value))
    value = net.add("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
    value = net.add("Flatten", value)
    width = int(np.prod(read_graph(net.data(), "n", net.shape, net.output).shapes[value]))
    value = net.add("MatMul", value, floats(random, width, 4) / width)
    net.add("Softmax", net.add("Add", value, floats(random, 4)))
    return net
