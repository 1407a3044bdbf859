"""Every built-in block keeps what a stranger's must keep, by the same checks."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from edgewright.conformance import Bench, checks_for
from edgewright.conformance.checks import judge
from edgewright.plugins import make_plugins
from edgewright.registry import builtin_folders, resolve
from edgewright.runners.grants import NO_GRANTS, Grants, Mounted
from edgewright_blocks.learning.bring_your_own.tests.networks import write_network

PLUGINS = make_plugins()
BLOCKS = {name: resolve(name, Path.cwd(), PLUGINS) for name in builtin_folders(PLUGINS)}
#: A minute of compiling: each of these builds the package anew.
SLOW = {
    ("wasm", check.name)
    for check in checks_for("deployment")
    if check.name not in ("spec", "readme", "verify")
}
#: What learning blocks share is looked at quickly in one of them, whole.
QUICK = ("spec", "readme", "defaults", "operations", "description")
SLOW |= {
    (name, check.name)
    for name, block in BLOCKS.items()
    for check in checks_for("learning")
    if block.type == "learning" and name != "kmeans" and check.name not in QUICK
}

#: Every task of these starts torch: hundreds of fits take minutes. `edgewright blocks check` does them by hand.
TORCH = ("autoencoder", "neural_network")
BY_HAND = {(name, check) for name in TORCH for check in ("bounds", "effect")}
#: Compile some thirty sources, for two processors or with a server, each time.
COMPILES = ("linux_executable", "docker")
SLOW |= {(name, "verify") for name in COMPILES}
BY_HAND |= {
    (name, check.name)
    for name in COMPILES
    for check in checks_for("deployment")
    if check.name not in ("spec", "readme", "verify")
}
#: The tests of the runtime verify it, for another processor.
BY_HAND |= {("docker", "verify")}
SLOW |= {(name, check) for name in TORCH for check in QUICK if check not in ("spec", "readme")}

#: Mel features run as graphs of onnxruntime too, at every parameter set; mfcc stands for them in the quick tests.
SLOW |= {("mfe", "device"), ("spectrogram", "device")}

#: Learning blocks that only convert what others have learned; the tests of foreign blocks run them in containers.
LEARN_NOTHING = {"converted_model"}


def marks(block, check):
    found = [pytest.mark.docker] if check == "container" else []
    return [*found, pytest.mark.slow] if (block, check) in SLOW else found


PROMISES = [
    pytest.param(name, check, id=f"{name}-{check.name}", marks=marks(name, check.name))
    for name, block in BLOCKS.items()
    for check in checks_for(block.type)
    if (name, check.name) not in BY_HAND
]


def grants_with_network(folder):
    """What a block that scores by a network of the user's must be granted: a folder with one."""
    folder.chmod(0o755)  # a container's task has a user of its own
    write_network(folder / "model.onnx", [[1.0], [-2.0], [0.5], [0.0], [3.0], [1.0]])
    return Grants(mounts=(Mounted("network", folder, "/network"),))


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Give the bench of a block; with containers only where a test is marked so."""
    with ExitStack() as stack:
        opened = {}
        granted = {"bring_your_own": grants_with_network(tmp_path_factory.mktemp("granted"))}

        def get(name, docker):
            if (name, docker) not in opened:
                made = Bench(BLOCKS[name], PLUGINS, docker=docker, grants=granted.get(name, NO_GRANTS))
                opened[name, docker] = stack.enter_context(made)
            return opened[name, docker]

        yield get


@pytest.mark.parametrize(("name", "check"), PROMISES)
def test_a_built_in_block_keeps_its_promise(name, check, bench):
    verdict = judge(check, bench(name, check.name == "container"))
    required = check.name == "container" and os.environ.get("EDGEWRIGHT_REQUIRE_ENGINE")
    if verdict.status == "skipped" and required and name not in LEARN_NOTHING:
        pytest.fail(f"an engine must be there: {verdict.message}")
    if verdict.status == "skipped":
        pytest.skip(verdict.message)
    assert verdict.status == "passed", f"{verdict.message}\n→ {verdict.remedy}"


def test_every_kind_of_block_is_among_them():
    assert {block.type for block in BLOCKS.values()} == {"processing", "learning", "deployment"}
