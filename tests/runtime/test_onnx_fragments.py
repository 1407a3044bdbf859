"""The ONNX graphs that blocks export, run by onnxruntime on several windows at a time: the same as Python computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from deployment_folder import Trained, block_folder, params_of, recordings, transform, window_spec
from networks import Net, floats

from edgewright_sdk import Context, Features, FeatureSpec
from edgewright_sdk.artifacts import links, score
from edgewright_sdk.artifacts.device import node
from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, POOL, Layer, assemble
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.network import Network
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.scoring import model_of
from edgewright_sdk.fragments import Fragment
from edgewright_sdk.fragments.signals import spectra_in
from edgewright_sdk.loading import load_block

TOLERANCE = {"rtol": 1e-3, "atol": 1e-4}
WINDOW = window_spec(60)
SPEC = FeatureSpec([f"f{i}" for i in range(12)], {"type": "flat", "width": 12})


def run(data: bytes | None, values: np.ndarray) -> dict[str, np.ndarray]:
    """Run a fragment as it is."""
    assert data is not None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"input": values}), strict=True))


def same(found: dict[str, np.ndarray], expected: Any) -> None:
    """Compare outputs with scores."""
    assert found
    for name, values in found.items():
        python = np.asarray(getattr(expected, name))
        assert values.shape == python.shape, name
        np.testing.assert_allclose(values, python, err_msg=name, **TOLERANCE)


def odd_windows() -> np.ndarray:
    """Motion, of which a window stands still, and one is far away."""
    windows = recordings(6, 60, 3, seed=3)
    windows[1] = windows[1, :1]
    windows[2] *= 30
    return windows


SOUND = window_spec(2000, ["audio"], 8000.0)
FEATURES = [
    ("raw", {"scale_axes": -0.5}),
    ("flatten", {"scale_axes": 2.0}),
    ("flatten", {"average": False, "rms": False}),
    ("spectral_analysis", {}),
    ("spectral_analysis", {"filter_type": "low", "filter_cutoff": 8, "do_fft_overlap": False, "do_log": False}),
    ("spectral_analysis", {"filter_type": "high", "filter_cutoff": 5, "filter_order": 2, "fft_length": 64}),
    ("spectral_analysis", {"input_decimation_ratio": "3", "extra_low_freq": True, "fft_length": 8}),
    ("spectrum", {"scale": "db"}),
    ("spectrum", {"scale": "magnitude", "normalise": "none"}),
    ("mfe", {}),
    ("mfcc", {"num_cepstral": 5}),
    ("mfcc", {"win_size": 0, "num_cepstral": 1}),
    ("spectrogram", {}),
]  # fmt: skip


@pytest.mark.parametrize(("block", "given"), FEATURES)
def test_features_of_signals(block: str, given: dict[str, Any]) -> None:
    sounds = block in ("mfe", "mfcc", "spectrogram")
    spec = SOUND if sounds else window_spec(300)
    windows = recordings(6, spec["length"], len(spec["axes"]), seed=3) * (3000 if sounds else 1)
    windows[1] = windows[1, :1]
    windows[2] *= 30
    loaded = load_block(block_folder(block))
    made = loaded.new().export(spec, params_of(block, given)).onnx
    loaded.close()
    python = transform(block, windows, spec, given).values
    np.testing.assert_allclose(run(made, windows)["features"], python, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("used", "fft_length"), [(1500, 2048), (4096, 4096), (21482, 32768)])
def test_long_transforms_in_two_steps(used: int, fft_length: int, random: np.random.Generator) -> None:
    starts = np.array([0, 600])
    graph = Fragment([2, used + 600], floats="float64")
    found = spectra_in(graph, graph.numbers("input"), starts=starts, used=used, fft_length=fft_length)
    graph.give("features", found)
    values = random.normal(size=(3, 2, used + 600)).astype(np.float32)
    frames = np.stack([values[..., start : start + used] for start in starts], axis=-2).astype(np.float64)
    np.testing.assert_allclose(
        run(graph.data(), values)["features"], np.abs(np.fft.rfft(frames, fft_length)) ** 2, rtol=1e-6
    )


@pytest.mark.parametrize(("given", "channels"), [("RGB", 3), ("RGB", 1), ("Grayscale", 3), ("Grayscale", 1)])
def test_features_of_images(given: str, channels: int, random: np.random.Generator) -> None:
    window: Any = {"kind": "image", "height": 5, "width": 4, "channels": channels}
    images = random.integers(0, 256, (3, 5, 4, channels), dtype=np.uint8)
    loaded = load_block(block_folder("image"))
    made = loaded.new().export(window, params_of("image", {"channels": given})).onnx
    loaded.close()
    expected = transform("image", images, window, {"channels": given}).values
    np.testing.assert_allclose(run(made, images)["features"], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("block", "given"),
    [
        ("kmeans", {}),
        ("kmeans", {"features": ["y Stdev", "x RMS"], "clusters": 3}),
        *[("gmm", {"covariance": shape, "components": 3}) for shape in ("full", "tied", "diag", "spherical")],
        ("gmm", {"score": "absolute-z", "components": 2}),
        ("gmm", {"score": "negative-log-likelihood", "components": 2}),
        ("pca_reconstruction", {}),
        ("isolation_forest", {"trees": 20}),
    ],
)
def test_anomaly_scores(block: str, given: dict[str, Any]) -> None:
    trained = Trained(block, transform("flatten", recordings(80, 60, 3), WINDOW, {}), given)
    made = trained.block.export(trained.model, trained.spec, trained.params).onnx
    seen = transform("flatten", odd_windows(), WINDOW, {})
    found = run(made, seen.values)
    assert set(found) == {"scores", "contributions"}
    same(found, trained.score(seen))
    trained.close()


ALGORITHMS = ["logistic-regression", "svm", "random-forest", "gradient-boosting"]
NUMBERS = {"logistic-regression": "ridge", "svm": "svr"}  # of regressors


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("block", "classes"), [("classifier", 2), ("classifier", 4), ("regressor", 0)])
def test_labels_and_numbers(block: str, classes: int, algorithm: str, random: np.random.Generator) -> None:
    values = random.normal(size=(90, 12)).astype(np.float32) * np.geomspace(0.01, 100, 12, dtype=np.float32)
    targets = values[:, 0] * 100 + np.sign(values[:, 5]) + values[:, 11] / 100
    context = Context(targets=targets.astype(np.float32))
    if classes:  # the last class is nobody's
        bins = np.digitize(targets, np.quantile(targets, np.linspace(0, 1, max(classes, 3))[1:-1]))
        context = Context(targets=bins.astype(np.int32), classes=[f"c{i}" for i in range(classes)])
    context.groups = np.arange(90, dtype=np.int32)
    name = algorithm if classes else NUMBERS.get(algorithm, algorithm)
    loaded = load_block(block_folder(block))
    made, batch = loaded.new(context), Features(values, SPEC.labels)
    params = params_of(block, {"algorithm": name, "features": SPEC.labels[::-1]})
    model = made.fit(batch, None, params, context)
    fragment = made.export(model, SPEC, params).onnx
    if fragment is None:
        assert model.meta["link"] == "coupling"
    else:
        same(run(fragment, values), made.score(model, batch, params))
    loaded.close()


@pytest.mark.parametrize("link", [link for link in links.NUMBERS if link != "coupling"])
def test_links(link: str, random: np.random.Generator) -> None:
    outputs = 1 if link in ("sign", "sigmoid-pair") else 3
    scorer = Linear(random.normal(size=(outputs, 12)), random.normal(size=outputs))
    count = links.width(link, outputs)
    meta = {"source": "a test", "mode": "classification", "features": 12, "classes": ["a", "b", "c", "d"]}
    order = {"columns": np.array([2, 0, 3], np.int32)[:count]}
    model = model_of(Predictor("a test", scorer, link), meta, order)
    values = Features(floats(random, 20, 12), SPEC.labels)
    same(run(node(model, SPEC).onnx, values.values), score(model, values))


def test_small_networks(random: np.random.Generator) -> None:
    def layer(*sizes: int) -> Any:
        made = Layer(*sizes)
        return made, floats(random, *made.weights), floats(random, made.weights[0])

    plans = [
        [layer(DENSE, 1, 12, 5, 0, 1), layer(DENSE, 1, 5, 3)],
        [layer(CONVOLUTION, 6, 2, 4, 3, 1), layer(POOL, 6, 4, 4), layer(CONVOLUTION, 3, 4, 5, 1), layer(MEAN, 3, 5, 5), layer(DENSE, 1, 5, 3)],
        [layer(POOL, 6, 2, 2), layer(DENSE, 3, 2, 3)],
    ]  # fmt: skip
    for plan in plans:
        standard = {"mean": floats(random, 12), "scale": np.abs(floats(random, 12)) + 0.1}
        meta = {"source": "a test", "mode": "classification", "features": 12, "classes": ["a", "b", "c"]}
        model = model_of(
            Predictor("a test", assemble(plan), "softmax", extra=standard),
            meta,
            {"columns": np.arange(3, dtype=np.int32)},
        )
        values = Features(floats(random, 20, 12), SPEC.labels)
        same(run(node(model, SPEC).onnx, values.values), score(model, values))


def network(random: np.random.Generator, batch: Any, opset: int, outputs: int = 2) -> bytes:
    """Pixels, channels first, through a convolution to a few values."""
    net = Net(batch, 3, 4, 5, opset=opset)
    value = net.add("Relu", net.add("Conv", "x", floats(random, 6, 3, 3, 3), pads=[1, 1, 1, 1]))
    size = -1 if batch != 1 else 1
    net.add(
        "MatMul",
        net.add("Reshape", value, np.array([size, 120], np.int64)),
        floats(random, 120, outputs) / 30,
    )
    return net.data()


@pytest.mark.parametrize("opset", [11, 13, 17, 18, 21])
def test_networks_of_others(opset: int, random: np.random.Generator) -> None:
    size = {"height": 4, "width": 5, "channels": 3}
    spec = FeatureSpec([f"p{i}" for i in range(60)], {"type": "image", "frames": 1, **size})
    pixels = Features(random.random((4, 60), np.float32), spec.labels)
    for mode, classes in (("classification", ["a", "b"]), ("anomaly", [])):
        outputs = 1 if mode == "anomaly" else 2
        data = network(random, "n" if classes else 1, opset, outputs)
        model = Network("net.onnx", data).model(
            spec, classes, mode, "-1..1" if classes else "bgr-subtract-imagenet-mean"
        )
        same(run(node(model, spec).onnx, pixels.values), score(model, pixels))
