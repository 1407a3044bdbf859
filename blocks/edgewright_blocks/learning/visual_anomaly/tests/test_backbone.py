"""The backbone: its weights read as data, its graph, pooling and grids."""

from __future__ import annotations

import io
import pickle

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from edgewright_blocks.learning.visual_anomaly.backbone import (
    between,
    builtin_backbone,
    enlarged,
    file_backbone,
    grid,
)
from edgewright_blocks.learning.visual_anomaly.bank import make_bank
from edgewright_blocks.learning.visual_anomaly.efficientnet import TAPS, backbone_onnx
from edgewright_blocks.learning.visual_anomaly.weights import PACKAGE, read_state_dict
from edgewright_sdk import BlockError

from .networks import tiny_backbone

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 50, 70, 3), dtype=np.uint8)


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_backbone())
    return path


def values_of(data, outputs, image):
    """What the network itself gives, without our pooling."""
    import onnx

    model = onnx.load_from_string(data)
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs
    )
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return [
        value[0] for value in session.run(None, {"pixels": image.transpose(2, 0, 1)[None].astype(np.float32)})
    ]


def mean_around(layer, size):
    """Mean over the cells, one after the other, with zeros beyond the border."""
    reach, (_, height, width) = size // 2, layer.shape
    made = np.empty_like(layer)
    for row in range(height):
        for column in range(width):
            rows, columns = (
                slice(max(row - reach, 0), row + reach + 1),
                slice(max(column - reach, 0), column + reach + 1),
            )
            made[:, row, column] = layer[:, rows, columns].sum(axis=(1, 2)) / size**2
    return made


@pytest.mark.parametrize("pool", [1, 3, 5])
def test_cells_are_pooled_values_of_the_taps_on_one_grid(tiny, pool):
    cells = file_backbone(tiny, ["fine", "coarse"], pool, (50, 70)).cells(IMAGES)
    assert cells.shape == (3, 7, 9, 11) == (3, *grid(50, 70), 11)
    fine, coarse = values_of(tiny.read_bytes(), ["fine", "coarse"], IMAGES[1])
    np.testing.assert_allclose(
        cells[1, ..., :6], mean_around(fine, pool).transpose(1, 2, 0), rtol=1e-4, atol=1e-5
    )
    wide = enlarged(mean_around(coarse, pool), 7, 9)
    np.testing.assert_allclose(cells[1, ..., 6:], wide, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("small", "large"), [((4, 5), (7, 9)), ((1, 1), (2, 3)), ((3, 6), (6, 12))])
def test_coarse_maps_are_enlarged_as_onnx_resizes(small, large):
    layer = np.random.default_rng(1).normal(size=(2, *small)).astype(np.float32)
    sizes = helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 2, *large])
    node = helper.make_node(
        "Resize", ["x", "", "", "sizes"], ["y"], mode="linear", coordinate_transformation_mode="half_pixel"
    )
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    model = helper.make_model(
        helper.make_graph([node], "g", [x], [y], [sizes]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": layer[None]})[0][0]
    np.testing.assert_allclose(enlarged(layer, *large).transpose(2, 0, 1), expected, atol=1e-6)
    np.testing.assert_allclose(between(small[0], large[0]).sum(axis=1), 1, rtol=1e-6)


def test_a_finer_tap_is_averaged_onto_the_grid(tmp_path):
    halves = helper.make_node("AveragePool", ["pixels"], ["fine"], kernel_shape=[2, 2], strides=[2, 2])
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, "h", "w"])
    fine = helper.make_tensor_value_info("fine", TensorProto.FLOAT, None)
    model = helper.make_model(
        helper.make_graph([halves], "g", [pixels], [fine]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    path = tmp_path / "halves.onnx"
    path.write_bytes(model.SerializeToString())
    image = IMAGES[:, :48, :64]
    cells = file_backbone(path, [], 1, (48, 64)).cells(image)
    np.testing.assert_allclose(cells, image.reshape(3, 6, 8, 8, 8, 3).mean(axis=(2, 4)), rtol=1e-5)


def test_grey_is_three_equal_channels(tiny):
    backbone = file_backbone(tiny, [], 3, (50, 70))
    grey = IMAGES[..., :1]
    np.testing.assert_array_equal(backbone.cells(grey), backbone.cells(np.repeat(grey, 3, axis=-1)))


@pytest.mark.parametrize(
    ("data", "taps", "message"),
    [
        (b"no network", [], r"tiny.onnx is no ONNX file"),
        (
            tiny_backbone(),
            ["nothing"],
            r"has no value 'nothing'; the last ones of its convolutions are c1, fine, coarse",
        ),
        (tiny_backbone(opset=9), [], r"is of opset 9; allowed: 11 and later"),
        (None, [], r"tiny.onnx can't be read: No such file"),
    ],
)
def test_what_is_no_backbone_is_refused(tmp_path, data, taps, message):
    path = tmp_path / "tiny.onnx"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BlockError, match=message):
        file_backbone(path, taps, 3, (64, 64))


def test_weights_are_data(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "evil"), "w"))

    parts = [0x1950A86A20F9469CFC6C, 1001, {}, {"w": Evil()}, []]
    with pytest.raises(BlockError, match=r"can't be read: BlockError: it asks for .*open; only tensors"):
        read_state_dict(b"".join(pickle.dumps(part, 2) for part in parts))
    assert not (tmp_path / "evil").exists()
    with pytest.raises(BlockError, match="another format"):
        read_state_dict(b"".join(pickle.dumps(part, 2) for part in [1, 2, 3, {}, []]))


@pytest.mark.slow
def test_the_written_graph_is_the_network_of_torch():
    """The weights read by torch, the layers put together here by the paper's table: batch normalisations unfolded."""
    torch = pytest.importorskip("torch")
    from importlib.util import find_spec
    from pathlib import Path

    from torch.nn import functional

    (file,) = Path(find_spec(PACKAGE).origin).parent.glob("models/*.pth")
    weights = torch.load(io.BytesIO(file.read_bytes()), weights_only=True)

    def convolve(x, name, norm, stride=1, clipped=True):
        kernel = weights[f"{name}.weight"]
        size, (height, width) = kernel.shape[-1], x.shape[2:]
        beyond = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in (width, height)]
        x = functional.pad(x, [pad for total in beyond for pad in (total // 2, total - total // 2)])
        x = functional.conv2d(x, kernel, stride=stride, groups=x.shape[1] if kernel.shape[1] == 1 else 1)
        parts = [weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        x = functional.batch_norm(x, *parts, eps=1e-3)
        return functional.relu6(x) if clipped else x

    for height, width in ((96, 96), (104, 88)):  # the second has odd grids
        image = np.random.default_rng(4).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
        x = (torch.tensor(image.transpose(0, 3, 1, 2).astype(np.float32)) - 127) / 128
        x = convolve(x, "_conv_stem", "_bn0", 2)
        layers, number = {}, 0
        for count, first_stride, tap in (
            (1, 1, ""),
            (2, 2, "stride4"),
            (2, 2, "stride8"),
            (3, 2, ""),
            (3, 1, "stride16"),
        ):
            for place in range(count):
                given, name = x, f"_blocks.{number}"
                if number:
                    x = convolve(x, f"{name}._expand_conv", f"{name}._bn0")
                x = convolve(x, f"{name}._depthwise_conv", f"{name}._bn1", 1 if place else first_stride)
                x = convolve(x, f"{name}._project_conv", f"{name}._bn2", clipped=False)
                x = x + given if place else x
                number += 1
            layers[tap] = x.numpy()
        session = onnxruntime.InferenceSession(backbone_onnx(3))
        made = session.run(TAPS[3], {"pixels": image.transpose(0, 3, 1, 2).astype(np.float32)})
        for tap, values in zip(TAPS[3], made, strict=True):
            np.testing.assert_allclose(values, layers[tap], atol=2e-4)
        cells = builtin_backbone(3, 3).cells(image)
        assert cells.shape == (1, -(-height // 8), -(-width // 8), 24 + 40 + 112)
        bank = make_bank(
            np.random.default_rng(5).normal(size=(60, 40)).astype(np.float32), np.zeros(60, np.int32), 9
        )
        tap = TAPS[3].index("stride8")
        scores = [bank.scores(v.reshape(40, -1).T)[0] for v in (made[tap], layers["stride8"])]
        np.testing.assert_allclose(*scores, rtol=1e-4)
