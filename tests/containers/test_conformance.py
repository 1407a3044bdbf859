"""What only a container shows of a planted fault, and that a sound block passes there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.conformance import Bench, Verdict, checks_for, judge
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright.registry import Block

pytestmark = pytest.mark.docker
PLUGINS = make_plugins()


def _faults() -> Any:
    """The module with the faults: test folders are no packages of each other."""
    path = Path(__file__).parents[1] / "core" / "conformance" / "faults.py"
    spec = importlib.util.spec_from_file_location("planted_faults", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


FAULTS = _faults()

#: Unseen by Python's audit hooks: the connection is made by a C function.
NATIVE_CONNECT = (
    FAULTS.module("import ctypes"),
    FAULTS.before(
        FAULTS.SIZES,
        "libc = ctypes.CDLL(None)",
        "address = (2).to_bytes(2, 'little') + (80).to_bytes(2, 'big') + bytes([127, 0, 0, 1]) + bytes(8)",
        "libc.connect(libc.socket(2, 2, 0), address, 16)",
        "if len(open('/proc/net/dev').readlines()) < 4:  # nothing but loopback: a container",
        "    raise OSError('no route to the service')",
    ),
)
#: A write that isn't swallowed.
STUBBORN_WRITE = (
    FAULTS.module("from pathlib import Path"),
    FAULTS.before(FAULTS.SIZES, 'Path(__file__).with_name("cache.txt").write_text("seen")'),
)


@pytest.fixture
def checked(engine: Any, tmp_path: Path) -> Iterator[Any]:
    """Check a block made of the sound one with these edits; its images are removed afterwards."""

    def check(*edits: tuple[str, str, str], only: tuple[str, ...] = ()) -> dict[str, Verdict]:
        block: Block = FAULTS.plant(tmp_path, *edits)
        with Bench(block, PLUGINS) as bench:
            return {c.name: judge(c, bench) for c in checks_for(block.type) if not only or c.name in only}

    before = {image["Id"] for image in engine.images()}
    yield check
    for image in engine.images():
        for tag in image["RepoTags"] or ():
            if image["Id"] not in before and "-level:" in tag:
                engine.remove_image(tag, force=True)


def failed(verdicts: dict[str, Verdict]) -> list[str]:
    return [verdict.name for verdict in verdicts.values() if verdict.status == "failed"]


def test_a_sound_block_passes_every_check_with_an_engine(checked: Any) -> None:
    verdicts = checked(FAULTS.DEVICE)
    assert {v.name: v.message for v in verdicts.values() if v.status != "passed"} == {}
    assert verdicts["network"].message == "works in a container without network on a read-only root"


@pytest.mark.parametrize("name", ["network use", "write outside /out", "undeclared output"])
def test_a_planted_fault_is_found_by_its_check_alone(name: str, checked: Any) -> None:
    fault = FAULTS.FAULTS[name]
    verdicts = checked(*fault.edits)
    assert failed(verdicts) == [fault.check]
    assert fault.place in verdicts[fault.check].message


def test_network_that_python_does_not_see_fails_in_the_container(checked: Any) -> None:
    verdicts = checked(*NATIVE_CONNECT, only=("network", "container"))
    assert failed(verdicts) == ["container"]
    assert "works as a process, and in a container ends in block_error" in verdicts["container"].message
    assert "no route to the service" in verdicts["container"].message
    assert "no network, a read-only root" in verdicts["container"].remedy
    assert verdicts["network"].message == "observed in Python only"


def test_a_write_on_the_read_only_root_fails_in_the_container_too(checked: Any) -> None:
    verdicts = checked(*STUBBORN_WRITE, only=("writes", "container"))
    assert failed(verdicts) == ["writes", "container"]
    assert "Read-only file system" in verdicts["container"].message


@pytest.mark.parametrize(
    ("name", "asked"),
    [("http_peak", {}), ("stumps", {}), ("tones", {}), ("count_directory", {"type": "transform", "operates_on": "directory"})],
)  # fmt: skip
def test_blocks_of_edge_impulses_contracts_pass_their_checks(
    name: str, asked: dict[str, str], engine: Any
) -> None:
    block = resolve(str(Path(__file__).parent / "legacy" / name), Path.cwd(), PLUGINS, **asked)
    with Bench(block, PLUGINS) as bench:
        verdicts = {c.name: judge(c, bench) for c in checks_for(block.type, legacy=True)}
    assert failed(verdicts) == []
    assert verdicts["builds"].status == "passed"
    assert verdicts["network"].message == "works in a container without network on a read-only root"
