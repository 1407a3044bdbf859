"""From a folder of artifacts to a model: which file, how it is read, and whether it fits the impulse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk.artifacts.labels import columns_of
from edgewright_sdk.artifacts.lightgbm_text import read_lightgbm
from edgewright_sdk.artifacts.network import Network, read_onnx, read_tflite
from edgewright_sdk.artifacts.saved_model import read_saved_model
from edgewright_sdk.artifacts.scoring import model_of
from edgewright_sdk.artifacts.sklearn_models import read_sklearn
from edgewright_sdk.artifacts.xgboost_json import read_xgboost
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.predictor import Predictor
    from edgewright_sdk.context import Context
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

#: File → how it is read, the best first: what trained tools write themselves is exact and can be deployed.
ARTIFACTS: Final[dict[str, Callable[[Path], Predictor | Network]]] = {
    "model.json": read_xgboost,
    "model.txt": read_lightgbm,
    "model.pkl": read_sklearn,
    "model.onnx": read_onnx,
    "model.tflite": read_tflite,
    "model_quantized_int8_io.tflite": read_tflite,
    "saved_model.zip": read_saved_model,
}
MODES: Final = ("classification", "regression", "anomaly", "visual-anomaly")


def convert(
    folder: Path,
    features: FeatureSpec,
    context: Context,
    *,
    artifact: str = "auto",
    mode: str = "classification",
    scaling: str = "0..1",
) -> Model:
    """Make a model of the best artifact in a folder.

    Parameters
    ----------
    folder : Path
        What a training program wrote.
    features : FeatureSpec
        What the model will score.
    context : Context
        ``classes`` of the impulse; hears of artifacts that were passed over.
    artifact : str
        A file name of :data:`ARTIFACTS`, or ``auto``: the first of them that is there and can be read.
    mode : str
        One of :data:`MODES`.
    scaling : str
        How a network wants the pixels of images: a name of ``IMAGE_SCALINGS``.

    Raises
    ------
    BlockError
        Nothing there can be read, or the model doesn't fit features, classes or mode.
    """
    there = [name for name in ARTIFACTS if (folder / name).is_file()]
    if artifact != "auto":
        if artifact not in there:
            raise BlockError(f"the artifact {artifact!r} is not there; {_listing(folder)}")
        there = [artifact]
    if not there:
        raise BlockError(f"no artifact can be converted; {_listing(folder)}")
    refused: list[str] = []
    for name in there:
        try:
            model = _fitted(ARTIFACTS[name](folder / name), features, context.classes, mode, scaling)
        except BlockError as error:
            refused.append(str(error))
            continue
        for reason in refused:
            context.warn(f"passed over: {reason}")
        return model
    raise BlockError("; ".join(refused))


def _fitted(
    read: Predictor | Network, features: FeatureSpec, classes: list[str], mode: str, scaling: str
) -> Model:
    if isinstance(read, Network):
        return read.model(features, classes, mode, scaling)
    if scaling != "0..1" and features.shape.get("type") == "image":
        raise BlockError(f"{read.source} over images scaled to {scaling} is not supported; allowed: 0..1")
    return _model(read, features, classes, mode)


def _model(predictor: Predictor, features: FeatureSpec, classes: list[str], mode: str) -> Model:
    scorer = predictor.scorer
    if scorer.features != features.width:
        raise BlockError(
            f"{predictor.source} takes {scorer.features} features; this node has {features.width}: it must score what it was trained on"
        )
    meta = {"source": predictor.source, "mode": mode, "features": features.width}
    arrays: dict[str, NDArray[Any]] = {}
    if mode == "classification":
        predictor = _as_classifier(predictor, classes)
        assert predictor.labels is not None
        arrays["columns"] = columns_of(predictor.labels, classes, predictor.source)
        meta["classes"] = list(classes)
    elif predictor.labels is not None:
        raise BlockError(f"{predictor.source} is a classifier; this node is of kind {mode}")
    elif predictor.values != 1:
        raise BlockError(f"{predictor.source} gives {predictor.values} values; a node of kind {mode} has 1")
    return model_of(predictor, meta, arrays)


def _as_classifier(predictor: Predictor, classes: list[str]) -> Predictor:
    """A regressor of a probability is a classifier of two classes."""
    if predictor.labels is not None:
        return predictor
    if predictor.link == "sigmoid" and predictor.values == 1 and len(classes) == 2:
        return replace(predictor, link="sigmoid-pair", labels=[0, 1])
    raise BlockError(f"{predictor.source} gives a number, not classes; this node is of kind classification")


def _listing(folder: Path) -> str:
    found = sorted(path.name for path in folder.iterdir())
    shown = ", ".join(repr(name) for name in found[:10]) + (
        f" and {len(found) - 10} more" if len(found) > 10 else ""
    )
    return f"found: {shown or 'nothing'}; allowed: {', '.join(ARTIFACTS)}"
