"""What must hold across an impulse: ids, inputs, cycles, thresholds, and fields that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edgewright_specs.problems import SHOWN_PROBLEMS, Problem, choices, escape_pointer, problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_specs.impulse import DataSpec, ImpulseSpec, InputSpec, ThresholdSpec

INPUT: Final = "input"
#: Names that stand for something else in a graph or a run folder.
RESERVED: Final = (INPUT, "data", "selftest", "assemble", "decision", "ranking", "fits")
_CYCLE_SHOWN: Final = 12

#: The fields that go with each threshold method; True where one is needed.
METHOD_FIELDS: Final[dict[str, dict[str, bool]]] = {
    "held-out": {"fpr": False},
    "max-of-training": {},
    "percentile": {"percentile": True},
    "sigma": {"sigma": False},
    "manual": {"value": True},
    "target-fpr": {"fpr": True},
    "target-fnr": {"fnr": True},
    "f1": {},
    "fbeta": {"beta": True},
    "roc": {},
    "pr": {},
}
#: The fields of `input` that only some kinds have.
_KIND_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "time-series": ("frequency", "window", "window_ms", "max_length_ms", "stride_ms", "pad", "axes"),
    "image": ("width", "height", "channels", "resize", "strict_size"),
    "tabular": ("axes",),
}


def impulse_problems(impulse: ImpulseSpec) -> list[Problem]:
    """Find everything that is wrong with a well-formed impulse."""
    return [
        *_data_problems(impulse.data),
        *_input_problems(impulse.input),
        *_id_problems(impulse),
        *_edge_problems(impulse),
        *_region_problems(impulse),
        *_threshold_problems(impulse),
        *_device_problems(impulse),
    ]


def _device_problems(impulse: ImpulseSpec) -> list[Problem]:
    if impulse.device is None:
        return []
    from edgewright_specs.devices import name_problems

    return name_problems(impulse.device)


def _data_problems(data: DataSpec) -> list[Problem]:
    found: list[Problem] = []
    if data.normal == "rest" and data.abnormal == "rest":
        found.append(problem("can't be the rest on both sides", "/data/abnormal", got="rest"))
    if isinstance(data.normal, list) and isinstance(data.abnormal, list):
        for i, label in enumerate(data.abnormal):
            if label in data.normal:
                found.append(problem("is normal and abnormal at once", f"/data/abnormal/{i}", got=label))
    if data.split != "none":
        parts = (data.split.training, data.split.calibration, data.split.test)
        if abs(sum(parts) - 100) > 1e-6:
            message = f"percentages add up to {sum(parts):g}"
            found.append(problem(message, "/data/split", allowed="100 in all: training, calibration, test"))
        if data.split.training == 0:
            found.append(problem("leaves nothing to learn from", "/data/split/training", got=0))
    return found


def _input_problems(spec: InputSpec) -> list[Problem]:
    found: list[Problem] = []
    for name in sorted(spec.model_fields_set - {"kind", *_KIND_FIELDS[spec.kind]}):
        kinds = [k for k, fields in _KIND_FIELDS.items() if name in fields]
        found.append(problem(f"is only for kind: {choices(kinds)}; this is {spec.kind}", f"/input/{name}"))
    if spec.kind == "time-series":
        found += _window_problems(spec)
    if spec.kind == "image":
        missing = [name for name in ("width", "height") if getattr(spec, name) is None]
        hint = "images are brought to one size, such as 96 × 96"
        found += [problem(f'lacks "{name}", in pixels', "/input", hint=hint) for name in missing]
    if spec.axes is not None:
        found += _repeated(spec.axes, "/input/axes")
    return found


def _window_problems(spec: InputSpec) -> list[Problem]:
    if not spec.whole:
        found = []
        if spec.window_ms is None:
            message = 'lacks "window_ms", the length of a window in milliseconds'
            found.append(problem(message, "/input", hint="or `window: sample`, for whole recordings"))
        if spec.max_length_ms is not None:
            found.append(problem("is only for window: sample", "/input/max_length_ms"))
        return found
    return [
        problem("doesn't go with window: sample, where each recording is one window", f"/input/{name}")
        for name in ("window_ms", "stride_ms", "pad")
        if name in spec.model_fields_set
    ]


def _repeated(names: Sequence[str], pointer: str) -> list[Problem]:
    seen: set[str] = set()
    found: list[Problem] = []
    for i, name in enumerate(names):
        if name in seen:
            found.append(problem("is listed twice", f"{pointer}/{i}", got=name))
        seen.add(name)
    return found


def _id_problems(impulse: ImpulseSpec) -> list[Problem]:
    """Ids become folder names and parts of C symbols, so case and dash must not be all that sets two apart."""
    found: list[Problem] = []
    if not impulse.processing and not impulse.learning:
        found.append(problem("has no block: processing or learning needs one", ""))
    named = [(f"/processing/{i}/id", n.id) for i, n in enumerate(impulse.processing)]
    named += [(f"/learning/{i}/id", n.id) for i, n in enumerate(impulse.learning)]
    named += [(f"/learning/{i}/regions/{r}", r) for i, n in enumerate(impulse.learning) for r in n.regions]
    named += [
        (f"/deployment/{i}/{'id' if n.id else 'block'}", n.name) for i, n in enumerate(impulse.deployment)
    ]
    first: dict[str, tuple[str, str]] = {}
    for pointer, name in named:
        folded = name.casefold().replace("-", "_")
        if folded in RESERVED:
            found.append(problem("is reserved", pointer, got=name, hint="choose another id"))
        elif folded in first:
            where, other = first[folded]
            alike = "is taken" if other == name else f"is too like {other}"
            hint = "give it an id of its own" + (
                "" if other == name else " (case, dash and underscore are alike)"
            )
            found.append(problem(f"{alike}, at {where}", pointer, got=name, hint=hint))
        else:
            first[folded] = (pointer, name)
    return found


def _edge_problems(impulse: ImpulseSpec) -> list[Problem]:
    found: list[Problem] = []
    processing = {n.id for n in impulse.processing}
    learning = {n.id for n in impulse.learning}
    nodes = [(f"/processing/{i}", n.input, n.axes) for i, n in enumerate(impulse.processing)]
    nodes += [(f"/learning/{i}", n.input, None) for i, n in enumerate(impulse.learning)]
    known = [INPUT, *sorted(processing)]
    allowed = choices(known)
    for pointer, inputs, axes in nodes:
        if not inputs:
            found.append(
                problem("is empty", f"{pointer}/input", allowed="input, or ids of processing blocks")
            )
        found += _repeated(inputs, f"{pointer}/input")
        for i, name in enumerate(inputs):
            where = f"{pointer}/input/{i}"
            if name in learning:
                hint = "take the features that it learns from"
                found.append(
                    problem("is a learning block, which has no features", where, got=name, hint=hint)
                )
            elif name != INPUT and name not in processing:
                # Beyond what is shown a suggestion would only cost time.
                hint = suggestion(name, known) if len(found) < SHOWN_PROBLEMS else ""
                found.append(problem("names no block", where, got=name, allowed=allowed, hint=hint))
        if axes is not None:
            found += _axis_problems(axes, impulse.input.axes, f"{pointer}/axes")
    edges = {n.id: n.input for n in impulse.processing}
    if cycle := find_cycle(edges):
        shown = cycle[:_CYCLE_SHOWN] + (["…"] if len(cycle) > _CYCLE_SHOWN else [])
        first = next(i for i, n in enumerate(impulse.processing) if n.id == cycle[0])
        found.append(
            problem(f"the blocks run in a circle: {' → '.join(shown)}", f"/processing/{first}/input")
        )
    return found


def _axis_problems(axes: Sequence[str], known: Sequence[str] | None, pointer: str) -> list[Problem]:
    found = _repeated(axes, pointer)
    for i, axis in enumerate(axes):
        if known is not None and axis not in known:
            where = f"{pointer}/{i}"
            found.append(
                problem(
                    "is no axis of the input",
                    where,
                    got=axis,
                    allowed=choices(known),
                    hint=suggestion(axis, known),
                )
            )
    return found


def find_cycle(inputs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one cycle of a graph as a path that ends where it began, or nothing.

    Parameters
    ----------
    inputs
        For each node the nodes that it takes from; unknown names are passed over. Time is linear, depth unbounded.
    """
    done: set[str] = set()
    for start in inputs:
        if start in done:
            continue
        path, at = [start], {start: 0}
        pending = [iter(inputs[start])]
        while pending:
            name = next(pending[-1], None)
            if name is None:
                pending.pop()
                node = path.pop()
                del at[node]
                done.add(node)
            elif name in at:
                return [*reversed([*path[at[name] :], name])]
            elif name in inputs and name not in done:
                at[name] = len(path)
                path.append(name)
                pending.append(iter(inputs[name]))
    return []


def _region_problems(impulse: ImpulseSpec) -> list[Problem]:
    found: list[Problem] = []
    for i, node in enumerate(impulse.learning):
        if node.regions and impulse.input.kind != "image":
            hint = "only images have regions"
            found.append(problem(f"the input is {impulse.input.kind}", f"/learning/{i}/regions", hint=hint))
        for name, region in node.regions.items():
            pointer = f"/learning/{i}/regions/{name}"
            if region.box is not None and region.polygon is not None:
                found.append(problem("has a box and a polygon", pointer, hint="give one of them"))
            if region.box is not None and not min(region.box[2:]) > 0:
                message = "has no width or no height"
                found.append(
                    problem(message, f"{pointer}/box", got=region.box, allowed="[left, top, width, height]")
                )
    return found


def _threshold_problems(impulse: ImpulseSpec) -> list[Problem]:
    found: list[Problem] = []
    learning = [name for n in impulse.learning for name in (n.regions or [n.id])]
    for name, spec in impulse.thresholds.items():
        pointer = f"/thresholds/{escape_pointer(name)}"
        regions = next((n.regions for n in impulse.learning if n.id == name), None)
        if regions:
            hint = "its regions decide: give them thresholds"
            found.append(
                problem("decides nothing", pointer, got=name, allowed=choices(list(regions)), hint=hint)
            )
            continue
        if name not in learning:
            hint = suggestion(name, learning)
            found.append(
                problem(
                    "names no learning block",
                    pointer,
                    got=name,
                    allowed=choices(learning) or "none",
                    hint=hint,
                )
            )
        found += _method_problems(spec, pointer)
    return found


def _method_problems(spec: ThresholdSpec, pointer: str) -> list[Problem]:
    found: list[Problem] = []
    fields = METHOD_FIELDS[spec.method]
    for name in ("fpr", "fnr", "beta", "percentile", "sigma", "value"):
        given = getattr(spec, name) is not None
        if given and name not in fields:
            methods = [m for m, f in METHOD_FIELDS.items() if name in f]
            found.append(
                problem(
                    f"does not go with method {spec.method}",
                    f"{pointer}/{name}",
                    hint=f"it goes with {choices(methods)}",
                )
            )
        if not given and fields.get(name):
            found.append(problem(f'lacks "{name}", which method {spec.method} needs', pointer))
    if spec.k is not None and spec.aggregate != "top-k":
        found.append(problem("goes only with aggregate top-k", f"{pointer}/k", got=spec.k))
    return found
