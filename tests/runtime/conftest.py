"""One device library for all runtime tests: the built-in blocks' device code, compiled once."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from deployment_folder import (
    Trained,
    block_folder,
    export_processing,
    params_of,
    recordings,
    transform,
    window_spec,
    write_deployment,
)

from edgewright_sdk.codegen.compilers import WARNINGS, native_compilers
from edgewright_sdk.codegen.ctypes_node import DeviceLibrary, build_library
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

TRAP = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")


@pytest.fixture(scope="session")
def device_library(tmp_path_factory: pytest.TempPathFactory) -> DeviceLibrary:
    """Runtime and the device code of four built-in blocks, compiled once with undefined behaviour trapped."""
    folder = tmp_path_factory.mktemp("device-library")
    window = window_spec(32)
    nodes = [
        export_processing(name, window, {}, folder / name) for name in ("raw", "flatten", "spectral_analysis")
    ]
    wavelet = {"analysis-type": "Wavelet"}
    nodes.append(export_processing("spectral_analysis", window_spec(64), wavelet, folder / "wavelet"))
    trained = Trained("kmeans", transform("flatten", recordings(20, 32, 3), window, {}), {})
    nodes.append(trained.export(folder / "kmeans"))
    trained.close()
    work = folder / "build"
    work.mkdir()
    return build_library(nodes, work, compiler=native_compilers()[0], options=[*WARNINGS, *TRAP])


@pytest.fixture(scope="session")
def network_library(tmp_path_factory: pytest.TempPathFactory) -> DeviceLibrary:
    """Nodes of compiled networks, float32 and int8, with undefined behaviour trapped."""
    from network_makers import residual_network
    from networks import exported
    from networks_int8 import quantised

    folder, random = tmp_path_factory.mktemp("networks"), np.random.default_rng(0)
    net = residual_network(random)
    nodes = [exported(net, folder / "float32")[1], quantised(net, folder / "int8", random)[1]]
    (folder / "build").mkdir()
    return build_library(nodes, folder / "build", compiler=native_compilers()[0], options=[*WARNINGS, *TRAP])


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment folder with two processing nodes, one on two of three axes in another order, joined into k-means."""
    return write_deployment(
        tmp_path_factory.mktemp("deployment") / "impulse",
        processing=[
            {
                "id": "spectral",
                "block": "spectral_analysis",
                "params": {"filter-type": "low", "filter-cutoff": 8},
            },
            {"id": "flat", "block": "flatten", "axes": [2, 0]},
        ],
        learning=[{"id": "anomaly", "block": "kmeans", "inputs": ["spectral", "flat"]}],
    )


@pytest.fixture(scope="session")
def wasm_package(deployment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That deployment as a package of WebAssembly."""
    out = tmp_path_factory.mktemp("wasm")
    loaded = load_block(block_folder("wasm"))
    loaded.new().build(TrainedImpulse.load(deployment), params_of("wasm", {}), out)
    loaded.close()
    return out


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
