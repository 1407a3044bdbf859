"""``edgewright blocks check``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import BlockReference, GrantWords, block_argument, grants_options, json_option
from edgewright.errors import UsageError

if TYPE_CHECKING:
    from edgewright.cli.state import State

MARKS = {"passed": ("ok", "green"), "failed": ("FAILED", "red"), "skipped": ("skipped", "yellow")}


@click.command(
    epilog=examples(
        "edgewright blocks check my_block",
        "edgewright blocks check spectral_analysis --no-docker --json",
        "edgewright blocks check my_block --only device --only bounds",
        "edgewright blocks check my_block --skip effect --fix-readme",
    )
)
@block_argument
@click.option("--only", multiple=True, metavar="CHECK", help="Make only this check; may be given again.")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave this check out; may be given again.")
@click.option(
    "--docker/--no-docker",
    default=True,
    show_default=True,
    help="Compare with a container, where an engine answers.",
)
@click.option(
    "--fix-readme", is_flag=True, help="First write the README's parameter table, as `blocks readme`."
)
@grants_options
@json_option
@click.pass_obj
def command(
    state: State,
    block: BlockReference,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    docker: bool,
    fix_readme: bool,
    grants: GrantWords,
    as_json: bool,
) -> int:
    """Prove that a block keeps its promises: spec, defaults, bounds, determinism, confinement, device, container.

    Each failure says what was seen and what to do. The block's code runs with your rights, as in its own tests. Exit
    code 1 if a check fails.
    """
    from edgewright.conformance import Bench, checks_for, judge
    from edgewright.conformance.readme import renew
    from edgewright.runners.grants import NO_GRANTS

    console = Console(as_json)
    found = block.resolve(state.plugins)
    checks = checks_for(found.type, legacy=found.spec.legacy)
    names = [check.name for check in checks]
    unknown = [name for name in (*only, *skip) if name not in names]
    if unknown:
        raise UsageError(f"no check {unknown[0]!r}", hint=f"checks: {', '.join(names)}")
    if fix_readme:
        renew(found)
    console.print(f"{found.name} · {found.type}", bold=True)
    verdicts = []
    # Unless something is granted, a block that asks for more is checked in what every block gets.
    allowed = grants.of(found, found.spec.defaults).grants if grants.given else NO_GRANTS
    with Bench(found, state.plugins, docker=docker, grants=allowed) as bench:
        for check in checks:
            if (only and check.name not in only) or check.name in skip:
                continue
            verdict = judge(check, bench)
            verdicts.append(verdict)
            mark, colour = MARKS[verdict.status]
            console.print(f"  {mark:<8} {verdict.name:<14} {verdict.promise}", fg=colour)
            for line in verdict.message.splitlines():
                console.print(f"             {line}")
            if verdict.remedy:
                console.print(f"           → {verdict.remedy}")
    counts = {status: sum(v.status == status for v in verdicts) for status in MARKS}
    console.print(", ".join(f"{count} {status}" for status, count in counts.items() if count))
    console.document(
        {"block": found.name, "type": found.type, **counts, "checks": [asdict(v) for v in verdicts]}
    )
    return 1 if counts["failed"] else 0
