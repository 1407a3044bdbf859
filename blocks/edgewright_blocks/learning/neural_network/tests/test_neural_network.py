"""The neural network: learns, repeats, scores what torch computed, and is the same on the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Params, load_block
from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, POOL, Layer, assemble
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.scoring import model_of
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

torch = pytest.importorskip("torch")  # an extra: without it the block refuses, which the last test shows

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
FRAMES, BANDS = 12, 5
SOUND = {"type": "spectrogram", "width": FRAMES, "height": BANDS}
QUICK = {"epochs": 40, "patience": 10, "units": 8}


def features(values, shape=None):
    values = np.asarray(values, np.float32)
    return Features(values, [f"f{i}" for i in range(values.shape[1])], shape)


def blobs(seed, rows=120):
    """Three classes of flat features; the label depends on two of the six."""
    random = np.random.default_rng(seed)
    targets = random.integers(0, 3, rows).astype(np.int32)
    values = random.normal(size=(rows, 6))
    values[:, :2] += 4 * np.array([[0, 0], [1, 0], [0, 1]])[targets]
    return values.astype(np.float32), targets


def sounds(seed, rows=150):
    """Two classes: a rise or a fall across the bands, at any time."""
    random = np.random.default_rng(seed)
    targets = random.integers(0, 2, rows).astype(np.int32)
    values = 0.3 * random.normal(size=(rows, FRAMES, BANDS))
    for row, target in enumerate(targets):
        start = random.integers(0, FRAMES - BANDS)
        for step in range(BANDS):
            values[row, start + step, step if target else BANDS - 1 - step] += 3
    return values.reshape(rows, -1).astype(np.float32), targets


def fit(values, targets, shape=None, validation=None, classes=("a", "b", "c"), **params):
    context = Context(targets=targets, classes=list(classes), seed=3)
    held = None
    if validation is not None:
        held = features(validation[0], shape)
        context.validation_targets = validation[1]
    model = BLOCK.new(context).fit(
        features(values, shape), held, Params.defaults(FOLDER, **{**QUICK, **params}), context
    )
    return model, context


def predict(model, values, shape=None):
    return BLOCK.new().score(model, features(values, shape), Params.defaults(FOLDER))


def test_labels_are_learned_and_the_best_epoch_is_kept():
    model, context = fit(*blobs(1), validation=blobs(2))
    values, targets = blobs(3)
    found = predict(model, values).probabilities
    assert (found.argmax(axis=1) == targets).mean() > 0.85
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    (curve,) = BLOCK.new().plot(model, None, Params.defaults(FOLDER))
    validation = next(line["values"] for line in curve["series"] if line["name"] == "validation")
    assert int(context.metrics["epochs"]) == np.argmin(validation) + 1


def test_a_convolution_finds_a_sound_wherever_it_is():
    kind = {"architecture": "convolution", "layers": 2, "classes": ("fall", "rise"), "learning_rate": 0.01}
    model, _ = fit(*sounds(1), SOUND, sounds(2), **kind)
    values, targets = sounds(3)
    assert (predict(model, values, SOUND).probabilities.argmax(axis=1) == targets).mean() > 0.85
    hard = {"noise": 0.2, "gain": 0.1, "shift": 2, "mask_frames": 2, "mask_bands": 1}
    augmented, _ = fit(*sounds(1), SOUND, sounds(2), **kind, **hard)
    assert (predict(augmented, values, SOUND).probabilities.argmax(axis=1) == targets).mean() > 0.8
    assert not np.array_equal(augmented.arrays["weights"], model.arrays["weights"])


def test_numbers_are_learned_in_their_own_units():
    values, _ = blobs(1)
    wanted = lambda x: (1000 + 40 * x[:, 0] - 20 * x[:, 1]).astype(np.float32)  # noqa: E731
    model, _ = fit(values, wanted(values), classes=(), task="regression", epochs=150, dropout=0.0)
    seen, _ = blobs(3)
    errors = predict(model, seen).scores - wanted(seen)
    assert np.sqrt(np.mean(errors**2)) < 0.25 * wanted(seen).std()


def test_the_same_seed_gives_the_same_bytes():
    one, two = (fit(*blobs(1), dropout=0.3, noise=0.1)[0] for _ in range(2))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])


def test_balanced_classes_are_found_more_often():
    values, targets = blobs(1, 400)
    kept = np.flatnonzero((targets != 2) | (np.arange(400) % 12 == 0))
    values[:, :2] *= 0.45  # so near that the many win
    recalls = []
    for weights in ("none", "balanced"):
        model, _ = fit(values[kept], targets[kept], class_weights=weights, epochs=15)
        rare = values[targets == 2]
        recalls.append((predict(model, rare).probabilities.argmax(axis=1) == 2).mean())
    assert recalls[1] > recalls[0] + 0.1


def test_what_cannot_be_is_refused_while_describing():
    spec = FeatureSpec([f"f{i}" for i in range(60)], {"type": "flat", "width": 60})

    def describe(spec, classes=("a", "b"), **params):
        return BLOCK.new(Context(classes=list(classes))).describe(spec, Params.defaults(FOLDER, **params))

    with pytest.raises(
        BlockError, match="looks along the time of a spectrogram, and these features are flat"
    ):
        describe(spec, architecture="convolution")
    with pytest.raises(BlockError, match="kernel is 4; allowed: an odd number"):
        describe(FeatureSpec(spec.labels, SOUND), architecture="convolution", kernel=4)
    with pytest.raises(BlockError, match="every training window is labelled 'a'"):
        describe(spec, classes=("a",))
    assert describe(spec, classes=(), task="regression").kind == "regression"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    (folder / "build").mkdir()
    model, _ = fit(*blobs(1), epochs=1)
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    return build_library(
        [export(model, 6, folder / "node")], folder / "build", options=["-Wall", "-Wextra", "-Werror", *trap]
    )


def export(model, width, folder):
    spec = FeatureSpec([f"f{i}" for i in range(width)], {"type": "flat", "width": width})
    BLOCK.new().export(model, spec, Params.defaults(FOLDER)).write(folder, FOLDER / "device")
    return load_node(folder)


@st.composite
def networks(draw):
    """Any layers that fit each other, with random weights."""
    length, channels = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    features, layers = length * channels, []
    for _ in range(draw(st.integers(0, 4))):
        kinds = [CONVOLUTION, DENSE, MEAN, *([POOL] if length > 1 else [])]
        kind, outputs = draw(st.sampled_from(kinds)), draw(st.integers(1, 5))
        kernel = draw(st.sampled_from([1, 3, 5, 13])) if kind == CONVOLUTION else 0
        outputs = channels if kind in (POOL, MEAN) else outputs
        layer = Layer(kind, length, channels, outputs, kernel, draw(st.integers(0, 1)))
        layers.append(layer)
        length, channels = layer.out_length, outputs
    layers.append(Layer(DENSE, length, channels, 3))
    sized = [
        (layer, random.normal(size=layer.weights), random.normal(size=layer.weights[0])) for layer in layers
    ]
    return features, assemble(sized), random


@given(networks())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_network_is_the_same_on_the_device_and_in_torch(library, tmp_path_factory, drawn):
    width, network, random = drawn
    values = random.normal(size=(5, width)).astype(np.float32)
    raw = network.raw(values)
    np.testing.assert_allclose(in_torch(network, values), raw, rtol=1e-4, atol=1e-4 * np.abs(raw).max())
    meta = {
        "source": "x",
        "mode": "classification",
        "features": width,
        "labels": [f"f{i}" for i in range(width)],
        "classes": ["a", "b", "c"],
    }
    arrays = {
        "selected": np.arange(width, dtype=np.int32),
        "mean": random.normal(size=width).astype(np.float32),
        "scale": random.uniform(0.5, 2, width).astype(np.float32),
        "columns": np.arange(3, dtype=np.int32),
    }
    model = model_of(Predictor("x", network, "softmax"), meta, arrays)
    expected = predict(model, values).probabilities
    node = export(model, width, tmp_path_factory.mktemp("node") / "node")
    found = DeviceNode(library, node).batch(values)["probabilities"]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def in_torch(network, values):
    from torch.nn import functional

    x = torch.tensor(values)
    for layer, weights, bias in network.each():
        x = x.reshape(len(values), layer.length, layer.inputs)
        if layer.kind == DENSE:
            x = functional.linear(x.flatten(1), torch.tensor(weights), torch.tensor(bias))[:, None]
        elif layer.kind == CONVOLUTION:
            kernel = torch.tensor(weights).reshape(layer.outputs, layer.kernel, layer.inputs).transpose(1, 2)
            x = functional.conv1d(x.transpose(1, 2), kernel, torch.tensor(bias), padding="same").transpose(
                1, 2
            )
        elif layer.kind == POOL:
            x = functional.max_pool1d(x.transpose(1, 2), 2).transpose(1, 2)
        else:
            x = x.mean(dim=1, keepdim=True)
        x = functional.relu(x) if layer.relu else x
    return x.reshape(len(values), -1).numpy()


def test_without_torch_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr("edgewright_sdk.training.find_spec", lambda name: None)
    with pytest.raises(BlockError, match=r"pip install 'edgewright\[torch\]', or --runner docker"):
        BLOCK.new().describe(FeatureSpec(["a", "b"], {"type": "flat", "width": 2}), Params.defaults(FOLDER))
