"""Edge Impulse's learning blocks: a program that trains on ``.npy`` files in a folder and leaves a model file.

What it leaves are the task's ``artifacts``; a converter block of ours makes a model of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from edgewright.contracts.arguments import command_line
from edgewright.contracts.base import OWN_FOLDER, Launch, Part, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.registry import Block
    from edgewright_specs.interface import Operation

Mode = Literal["classification", "regression", "anomaly", "visual-anomaly"]

#: What a block works on, in Edge Impulse's words -> what it learns.
MODES: Final[dict[str, Mode]] = {
    "audio": "classification",
    "image": "classification",
    "other": "classification",
    "regression": "regression",
    "anomaly_detection": "anomaly",
    "visual_anomaly_detection": "visual-anomaly",
}
#: Model files that a block may leave, one at least, and what they are.
ARTIFACTS: Final[dict[str, str]] = {
    "model.onnx": "a network in ONNX",
    "model.tflite": "a TensorFlow Lite network",
    "model_quantized_int8_io.tflite": "a TensorFlow Lite network with int8 input and output",
    "model.json": "an XGBoost model in its own format",
    "model.txt": "a LightGBM model in its own format",
    "model.pkl": "a pickled scikit-learn estimator",
    "saved_model.zip": "a TensorFlow SavedModel, zipped",
}
SHOWN_FILES: Final = 8
#: The folder of results lies within the folder of inputs, so it must be there to be mounted on.
OUT: Final = "out"
#: What a block that declares no parameters is given, as Edge Impulse does.
UNDECLARED: Final = ("--epochs", "30", "--learning-rate", "0.0005")


def mode_of(block: Block) -> Mode | None:
    """Return what a block learns by what its spec says that it works on; None for what can't be learned here."""
    works_on = block.spec.operates_on
    if works_on is None:
        return "classification"
    return MODES.get(works_on) if isinstance(works_on, str) else None


def why_not(block: Block) -> str | None:
    """Say why a block can't be trained here; None where it can."""
    if block.spec.info.cpp_type:  # a server would wait for questions until its time is up
        return f"block {block.name!r} has a cppType, as only processing blocks have: list it under processing"
    if mode_of(block) is not None:
        return None
    works_on = block.spec.operates_on
    if isinstance(works_on, str) and "akida" in works_on:
        reason = "its models are for BrainChip's Akida processor only"
    elif isinstance(works_on, str) and works_on.startswith("object_detection"):
        reason = "it learns bounding boxes, and samples have one label here"
    else:
        reason = f"allowed are {', '.join(MODES)}"
    return f"block {block.name!r} works on {works_on!r}: {reason}"


class Training:
    """The block sees ``train_input.json`` and the training arrays in ``/home`` and writes into ``/home/out``."""

    name = "edge-impulse-learning"

    def places(self, operation: Operation) -> tuple[str, str]:  # noqa: ARG002
        """``/home`` and ``/home/out``."""
        return "/home", f"/home/{OUT}"

    def refusal(self, block: Block, operation: Operation) -> str | None:
        """Refuse all but training, and what can't be learned here."""
        if operation != "train":
            return (
                f"block {block.name!r} follows Edge Impulse's contract of learning blocks, which only trains; "
                f"in an impulse its models are converted, and do {operation} then"
            )
        return why_not(block)

    def has_service(self, block: Block, operation: Operation) -> bool:  # noqa: ARG002
        """One program does it all."""
        return False

    def enter(self, block: Block, request: Mapping[str, Any], request_dir: Path, made: Path) -> Path:
        """Lay the folder out that the block's program reads."""
        from edgewright.contracts.training_folder import lay_out

        mode = mode_of(block)
        assert mode is not None  # else it was refused
        lay_out(block, mode, request, request_dir, made)
        (made / OUT).mkdir()
        return made

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:
        """Start what the Dockerfile starts, with the folders and the block's parameters after it."""
        given = command_line(block.spec, request["params"]) if block.spec.parameters else UNDECLARED
        folders = ("--data-directory", seen.in_dir, "--out-directory", seen.out_dir)
        arguments = ("--info-file", f"{seen.in_dir}/train_input.json", *folders, *given)
        return Launch(Part(arguments=arguments, prologue=OWN_FOLDER))

    def whole_folder(self, operation: Operation) -> str | None:
        """All that a training leaves is its result."""
        return "artifacts" if operation == "train" else None

    def check(self, block: Block, operation: Operation, folder: Path) -> tuple[str, ...]:  # noqa: ARG002
        """Want at least one model file of a known format."""
        from edgewright.harvest.errors import bad
        from edgewright.terminal import printable_line

        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        if not set(ARTIFACTS) & set(found):
            shown = ", ".join(printable_line(name, 60) for name in found[:SHOWN_FILES]) or "nothing"
            more = f" and {len(found) - SHOWN_FILES} more" if len(found) > SHOWN_FILES else ""
            raise bad(
                f"the training left no model file that can be converted; found: {shown}{more}; "
                f"wanted is one of {', '.join(ARTIFACTS)} at the top of its output folder"
            )
        if block.spec.info.ind_requires_gpu:
            return (
                "the block says that it needs a GPU; it has one only where the impulse grants it, else it trains on the CPU",
            )
        return ()


TRAINING = Training()
