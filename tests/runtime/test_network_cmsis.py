"""``EW_NN_CMSIS``: convolutions and dense layers by CMSIS-NN have the bytes of the reference.

Without that library its interface is played by ``cmsis_nn/``. ``EW_CMSIS_NN=FOLDER``, a checkout of CMSIS-NN, runs the same networks
through the library itself, as it is compiled for this machine.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from network_makers import residual_network
from networks import Net, floats
from networks_int8 import NETWORKS, quantised, within

from edgewright_sdk.codegen.compilers import WARNINGS, native_compilers
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, DeviceNode, build_library
from edgewright_sdk.compiler import quantise_parts
from edgewright_sdk.compiler.integer import evaluate

if TYPE_CHECKING:
    from edgewright_sdk.codegen.nodes import Node

STAND_IN = Path(__file__).parent / "cmsis_nn"
CHECKOUT = os.environ.get("EW_CMSIS_NN", "")
Case = tuple["Node", Any, Any, str]


def layer(random: np.random.Generator) -> Net:
    """A convolution of one of the kinds that CMSIS-NN tells apart, or that it doesn't do."""
    kernel = np.array([[1, 1], [1, 1], [3, 3], [3, 3], [5, 2], [1, 5], [1, 4]][int(random.integers(7))])
    groups = [1, 1, 1, 2, 0, 0, 0][int(random.integers(7))]  # 0: each channel by itself
    each = 1 if groups == 0 else int(random.integers(1, 40))
    groups = groups or int(random.integers(1, 14))
    made = groups if each == 1 else groups * int(random.integers(1, 14))
    dilations = random.integers(1, 3, 2) if random.integers(4) == 0 else np.ones(2, np.int64)
    before, behind = (
        random.integers(0, 3 if random.integers(3) == 0 else 2, 2) * (kernel > 1) for _ in range(2)
    )
    size = np.where((kernel == 1) & (random.integers(2, size=2) == 0), 1, random.integers(1, 12, 2))
    size = np.maximum(size, (kernel - 1) * dilations + 1 - before - behind)
    net = Net(1, groups * each, *map(int, size))
    value = net.add(
        "Conv", "x", floats(random, made, each, *kernel), floats(random, made), group=groups,
        pads=[*before.tolist(), *behind.tolist()], strides=random.integers(1, 3, 2).tolist(), dilations=dilations.tolist(),
    )  # fmt: skip
    if random.integers(4) == 0:
        # A narrow range: sums are shifted to the left, and some are too large for that.
        edge = np.float32(10.0 ** -random.integers(1, 8))
        net.add("Flatten", net.add("Clip", value, -edge, edge))
    else:
        # Something is alive beside the layer, so that using its memory would show.
        net.add("Concat", net.add("Flatten", value), net.add("Flatten", net.add("Abs", "x")), axis=1)
    return within(net)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Networks as nodes, an input, the reference's result, and what they are."""
    folder, found = tmp_path_factory.mktemp("cases"), []
    makers = [*[layer] * 60, NETWORKS["wide"], residual_network]
    for seed, make in enumerate(makers):
        random = np.random.default_rng(3000 + seed)
        # With no value short enough to stay float32, every operation is computed in int8.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(quantise_parts, "_MOST", 0)
            network, node, windows = quantised(make(random), folder / str(seed), random)
        found.append((node, windows[0], evaluate(network, windows[:1])[0].ravel(), network.graph.dump()))
    return found


def compare(library: DeviceLibrary, cases: list[Case]) -> None:
    for node, x, want, what in cases:
        np.testing.assert_array_equal(DeviceNode(library, node).run(x)["scores"], want, what)


def test_layers_go_to_cmsis_nn_as_it_wants_them(cases: list[Case], tmp_path: Path) -> None:
    """Its buffer is memory that nobody needs, and no layer breaks what its kernels take for granted."""
    options = [*WARNINGS, "-DEW_NN_CMSIS", f"-I{STAND_IN}", str(STAND_IN / "cmsis_nn.cpp")]
    library = build_library([cases[0][0]], tmp_path, compiler=native_compilers()[0], options=options)
    compare(library, cases)
    served = ctypes.c_int32.in_dll(ctypes.CDLL(str(tmp_path / "device.so")), "ew_served").value
    assert served > 30


@pytest.mark.skipif(not CHECKOUT, reason="EW_CMSIS_NN names no folder of CMSIS-NN")
def test_cmsis_nn_gives_the_bytes_of_the_reference(cases: list[Case], tmp_path: Path) -> None:
    root, compiler = Path(CHECKOUT).resolve(), native_compilers()[0]
    folders = [root / "Source" / f"{name}Functions" for name in ("Convolution", "NNSupport")]
    sources = [path for folder in folders for path in sorted(folder.glob("*.c")) if path.stem[-4:-2] != "_f"]
    assert sources, f"{root} is no folder of CMSIS-NN: it has no Source/ConvolutionFunctions/*.c"
    objects = tmp_path / "objects"
    objects.mkdir()
    # Older versions ask for CMSIS-Core unless they are built for Python.
    include = ["-D__GNUC_PYTHON__", f"-I{root / 'Include'}"]
    compiler.run(["-x", "c", "-O2", "-fPIC", "-w", *include, "-c", *map(str, sources)], cwd=objects)
    (tmp_path / "build").mkdir()
    options = ["-DEW_NN_CMSIS", *include, *map(str, sorted(objects.glob("*.o")))]
    compare(build_library([cases[0][0]], tmp_path / "build", compiler=compiler, options=options), cases)
