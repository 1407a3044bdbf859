"""What a task's outputs must be: the operation's rules and, over them, what the block's spec declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright_specs.interface import OPERATION_OUTPUTS, Operation, OutputRule

if TYPE_CHECKING:
    from collections.abc import Mapping


def output_rules(
    operation: Operation,
    declared: Mapping[str, Any] | None = None,
    shapes: Mapping[str, tuple[int | None, ...]] | None = None,
) -> dict[str, OutputRule]:
    """Merge the rules of ``operation`` with a spec's ``edgewright.outputs``.

    Parameters
    ----------
    operation
        One of the contract's operations.
    declared
        Output name → object with ``kind, dtype, rank, finite, required`` (``OutputSpec``). It may tighten or add,
        but neither drop a required output nor change a kind. An output that the operation does not know is added
        only when no other operation of the contract has it, since a spec lists the outputs of all its operations.
    shapes
        Output name → the exact shape expected, None for any size; what the plan knows from ``describe``.
    """
    rules: dict[str, OutputRule] = {name: rule.copy() for name, rule in OPERATION_OUTPUTS[operation].items()}
    elsewhere = {name for other in OPERATION_OUTPUTS.values() for name in other} - set(rules)
    for name, spec in (declared or {}).items():
        if name in elsewhere:
            continue
        known = name in rules
        rule = rules.setdefault(name, {"kind": spec.kind, "required": False})
        if not known or spec.required:
            rule["required"] = spec.required
        if spec.dtype is not None:
            rule["dtypes"] = (spec.dtype,)
        if spec.rank is not None:
            rule["rank"] = spec.rank
        rule["finite"] = spec.finite
    for name, shape in (shapes or {}).items():
        if name in rules:
            rules[name]["shape"] = shape
            rules[name]["rank"] = len(shape)
    return rules
