"""Operators under AddressSanitizer and UBSan: nothing is read before it is written, nor beyond any array, whatever the calls say."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from network_makers import MAKERS, residual_network
from networks import expected, floats
from networks_int8 import NETWORKS

from edgewright_sdk.codegen.compilers import FLAGS, native_compilers
from edgewright_sdk.codegen.sources import module_files, needed_modules, package_header
from edgewright_sdk.compiler import Program, compile_graph, read_graph
from edgewright_sdk.compiler.integer import evaluate
from edgewright_sdk.compiler.integer_network import calibrate, integer_network
from edgewright_sdk.compiler.program import lower
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from networks import Net

    from edgewright_sdk.compiler.quantise import Integer

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parent / "sanitised_network.cpp"
SANITISED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ROUNDS = 4
DAMAGES = 60


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the runtime's networks and the driver with both sanitizers."""
    folder = tmp_path_factory.mktemp("sanitised")
    (folder / "edgewright").mkdir()
    (folder / "edgewright" / "package.h").write_text(package_header("edgewright_checked"), encoding="utf-8")
    paths = [path for name in needed_modules(["network_int8"]) for path in module_files(name)]
    for path in paths:
        place = folder / "edgewright" / path.name if path.suffix == ".h" else folder / path.name
        place.write_bytes(path.read_bytes())
    sources = [path.name for path in paths if path.suffix == ".cpp"]
    reasons = []
    for compiler in native_compilers():
        try:
            compiler.run([*FLAGS, *SANITISED, "-I.", SOURCE, *sources, "-o", "driver"], cwd=folder)
        except BlockError as error:  # without the sanitizers' libraries
            reasons.append(str(error))
        else:
            return folder / "driver"
    pytest.fail("no compiler here links the sanitizers: " + "; ".join(reasons))


def written(program: Program, given: Any) -> bytes:
    """A case as the driver reads it."""
    graph = program.graph
    tables = [program.calls, program.weights, program.weights8, program.weights32]
    size = graph.count(graph.output) * graph.itemsize(graph.output)
    head = [*map(len, tables), program.memory.size, program.first, given.nbytes, program.last[0], size]
    return b"".join(
        np.ascontiguousarray(part).tobytes() for part in (np.array(head, np.int32), *tables, given)
    )


def run(driver: Path, cases: bytes, *arguments: str) -> str:
    path = driver.parent / "cases"
    path.write_bytes(cases)
    done = subprocess.run(
        [driver, path, *arguments], cwd=driver.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr[:4000]}"
    return done.stdout


def float_cases(rounds: int) -> list[tuple[str, Net, Program, Any]]:
    """Networks of all operators, with what goes in."""
    found = []
    for name, make in {**MAKERS, "all": residual_network}.items():
        for seed in range(rounds):
            random = np.random.default_rng(1000 + seed)
            net = make(random)
            program = compile_graph(read_graph(net.data(), "net.onnx", net.shape, net.output))
            found.append((f"{name} {seed}", net, program, floats(random, *net.shape)))
    return found


def int8_cases() -> list[tuple[str, Integer, Program, Any]]:
    """The same in int8, behind another operation each."""
    found = []
    for name, make in NETWORKS.items():
        random = np.random.default_rng(1000)
        net = make(random)
        graph = read_graph(net.data(), "net.onnx", net.shape, net.output)
        network = integer_network(graph, calibrate(graph, floats(random, 8, *net.shape)))
        found.append((name, network, lower(network.graph, network.entry), 1.5 * floats(random, *net.shape)))
    return found


def entering(network: Integer, x: Any) -> Any:
    """What the node puts into the arena."""
    return x if network.entry is None else network.entry.quantised(x)


def test_operators_read_only_what_was_written_and_only_what_is_theirs(driver: Path) -> None:
    floating, integer = float_cases(ROUNDS), int8_cases()
    cases = [written(program, given) for _, _, program, given in floating]
    cases += [written(program, entering(network, given)) for _, network, program, given in integer]
    run(driver, b"".join(cases), "results")
    results = np.fromfile(driver.parent / "results", np.float32)
    begin = 0
    for name, net, program, given in floating:
        want = expected(net, given)
        got, begin = results[begin : begin + want.size], begin + want.size
        size = max(float(np.abs(want).max()), 1)
        np.testing.assert_allclose(
            got, want, rtol=1e-4, atol=2e-6 * size, err_msg=f"{name}\n{program.graph.dump()}"
        )
    for name, network, program, given in integer:
        (want,) = evaluate(network, given.reshape(1, -1))
        got, begin = results[begin : begin + want.size], begin + want.size
        np.testing.assert_array_equal(got, want.ravel(), err_msg=f"int8 {name}\n{program.graph.dump()}")
    assert begin == len(results)


def test_damaged_calls_are_refused_or_do_no_harm(driver: Path) -> None:
    cases = [written(program, given) for _, _, program, given in float_cases(1)]
    cases += [written(program, entering(network, given)) for _, network, program, given in int8_cases()]
    ran, refused = map(int, run(driver, b"".join(cases), str(DAMAGES), "7").split())
    assert ran == DAMAGES * len(cases)
    assert refused > ran / 3
