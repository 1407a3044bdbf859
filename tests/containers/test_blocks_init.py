"""Every new block passes its checks in a container too: its two-line Dockerfile builds, and results are the process's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edgewright.blocks_init import NewBlock, write_block
from edgewright.conformance import Bench, checks_for, judge
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.docker

VARIANTS = {
    "processing": ("processing", {}),
    "learning": ("learning", {}),
    "visual": ("learning", {"visual": True}),
    "deployment": ("deployment", {}),
    "transform": ("transform", {}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_new_block_gives_in_a_container_what_it_gives_in_a_process(
    engine: Any, tmp_path: Path, variant: str
) -> None:
    kind, options = VARIANTS[variant]
    folder = tmp_path / f"new_{variant}"
    write_block(NewBlock(kind, folder, **options))
    plugins = make_plugins()
    block = resolve(str(folder), tmp_path, plugins)
    try:
        with Bench(block, plugins, docker=True) as bench:
            checks = [check for check in checks_for(block.type) if check.name in ("spec", "container")]
            verdicts = [judge(check, bench) for check in checks]
        assert {
            verdict.name: (verdict.status, verdict.message)
            for verdict in verdicts
            if verdict.status != "passed"
        } == {}
        assert len(verdicts) == 2
    finally:
        for image in engine.images():
            for tag in image["RepoTags"] or ():
                if f"-new-{variant}:" in tag:
                    engine.remove_image(tag, force=True)
