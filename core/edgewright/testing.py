"""For authors of blocks: what `edgewright blocks check` proves, as tests of their own suite.

A pytest plugin (entry point ``edgewright``), so nothing has to be configured::

    from pathlib import Path
    from edgewright.testing import parametrize_with_checks

    @parametrize_with_checks(Path(__file__).parents[1])
    def test_block_keeps_its_promises(check):
        check()

``parametrize_with_checks(FOLDER, skip=["effect"])`` leaves a check out.
One test a promise; what can't be checked here (no engine, no device code) is skipped and says why. ``--no-docker``
leaves containers out.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from edgewright.conformance import Bench, Check

__all__ = ["Promise", "parametrize_with_checks"]

OPTION = "--no-docker"


class _Benches:
    """One bench a block for a whole test session: a block is started once, not once a promise."""

    def __init__(self) -> None:
        self.docker = True
        self._stack = ExitStack()
        self._open: dict[str, Bench] = {}

    def get(self, block: str) -> Bench:
        """The bench of a block, opened when first asked for."""
        from edgewright.conformance import Bench
        from edgewright.plugins import make_plugins
        from edgewright.registry import resolve

        if block not in self._open:
            plugins = make_plugins()
            bench = Bench(resolve(block, Path.cwd(), plugins), plugins, docker=self.docker)
            self._open[block] = self._stack.enter_context(bench)
        return self._open[block]

    def close(self) -> None:
        """End every block that is still running."""
        self._open.clear()
        self._stack.close()


_benches = _Benches()


class Promise:
    """One promise of one block; call it to have it proved.

    A failure shows what was seen and what to do about it; a promise that can't be checked here skips the test.
    """

    def __init__(self, block: str, check: Check) -> None:
        self.block = block
        self.check = check

    def __call__(self) -> None:
        """Prove it."""
        from edgewright.conformance import judge

        verdict = judge(self.check, _benches.get(self.block))
        if verdict.status == "skipped":
            pytest.skip(verdict.message)
        if verdict.status == "failed":
            pytest.fail(f"{verdict.promise}\n{verdict.message}\n→ {verdict.remedy}", pytrace=False)

    def __repr__(self) -> str:
        return f"Promise({self.block!r}, {self.check.name!r})"


def parametrize_with_checks(
    block: Path | str, *, skip: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """Make a test function one test for every promise of a block.

    Parameters
    ----------
    block : Path or str
        The block's folder, or a built-in name.
    skip : collection of str
        Names of checks to leave out, as with ``edgewright blocks check --skip``.

    Returns
    -------
    decorator
        The test function takes one argument, ``check``, and calls it.
    """
    from edgewright.conformance import checks_for
    from edgewright.plugins import make_plugins
    from edgewright.registry import resolve

    found = resolve(str(block), Path.cwd(), make_plugins())
    reference = str(block) if found.builtin else str(found.folder)
    checks = checks_for(found.type, legacy=found.spec.legacy)
    unknown = sorted(set(skip) - {check.name for check in checks})
    if unknown:
        raise ValueError(f"no check {unknown[0]!r}; checks: {', '.join(check.name for check in checks)}")
    promises = [
        pytest.param(Promise(reference, check), id=check.name) for check in checks if check.name not in skip
    ]
    return pytest.mark.parametrize("check", promises)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--no-docker``."""
    group = parser.getgroup("edgewright", "checks of Edgewright's blocks")
    group.addoption(OPTION, action="store_true", help="don't compare blocks with their containers")


def pytest_configure(config: pytest.Config) -> None:
    """Take the option over."""
    _benches.docker = not config.getoption(OPTION)


def pytest_unconfigure() -> None:
    """End every block that is still running."""
    _benches.close()
