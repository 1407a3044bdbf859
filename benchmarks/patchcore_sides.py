"""The two sides of ``patchcore_anomalib.py``, each in a process of its own: requests come as JSON lines, and so do answers.

Started as ``python patchcore_sides.py ours|anomalib WEIGHTS THREADS``; anomalib's side needs neither Edgewright nor its packages.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Images = NDArray[np.uint8]  # (n, height, width, 3)

MEAN, SPREAD = 127.0, 128.0  # EfficientNet-Lite0 wants (pixel − MEAN) / SPREAD
MEGABYTE = 1024  # /proc counts in kB


class Ours:
    """``edgewright_blocks.visual.PatchCore``."""

    def __init__(self, weights: str, threads: int) -> None:  # noqa: ARG002
        root = Path(__file__).resolve().parents[1]
        sys.path[:0] = [str(root / name) for name in ("core", "specs", "sdk", "blocks")]
        from edgewright_blocks.learning.visual_anomaly.backbone import builtin_backbone
        from edgewright_blocks.visual import PatchCore

        self.made, self.threads = PatchCore, threads
        self.backbone = builtin_backbone(2, 3, threads)

    def see(self, images: Images) -> NDArray[np.float32]:
        """Cells of all images."""
        grid = self.backbone.cells(images)
        self.cells = grid.reshape(-1, grid.shape[-1])
        return self.cells

    def choose(self, ratio: float) -> None:
        """The coreset."""
        from edgewright_blocks.learning.visual_anomaly.greedy import k_centre_greedy

        k_centre_greedy(self.cells, max(int(ratio * len(self.cells)), 1), first=0)

    def fit(self, images: Images, ratio: float, seed: int = 0) -> None:
        """Learn; what scores as if unseen costs is in it."""
        self.detector = self.made(sampling_ratio=ratio, seed=seed, threads=self.threads).fit(images)

    def predict(self, images: Images) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores, and maps of the images' size."""
        found = self.detector.predict(images)
        return found.scores, np.stack(found.maps)

    def engines(self, side: int) -> dict[str, Callable[[Images], Any]]:  # noqa: ARG002
        """How one image can be scored."""
        return {"ours": lambda image: self.detector.predict([image]).maps[0]}


class Anomalib:
    """``anomalib.models.image.patchcore.torch_model.PatchcoreModel`` over timm's EfficientNet-Lite0 with the weights given."""

    def __init__(self, weights: str, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        for name in (
            "nms",
            "qnms",
        ):  # a torchvision of another build than torch registers neither, and then can't be imported
            if not hasattr(torch.ops.torchvision, name):
                torch.library.define(
                    f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
                )
        from anomalib.models.image.patchcore.torch_model import PatchcoreModel

        self.torch, self.threads = torch, threads
        self.network = PatchcoreModel(
            layers=["blocks.2", "blocks.4"], backbone="tf_efficientnet_lite0", pre_trained=False
        )
        names = self.network.feature_extractor.feature_extractor
        self._load(names, weights)

    def _load(self, network: Any, path: str) -> None:
        """The package's weights into timm's names of them: both list them in the order of the layers."""
        wanted = network.state_dict()
        with np.load(path) as given:
            found = {name: self.torch.from_numpy(given[name]) for name in given.files}
        for (name, there), (source, value) in zip(wanted.items(), found.items(), strict=False):
            if there.shape != value.shape or name.rpartition(".")[2] != source.rpartition(".")[2]:
                raise ValueError(f"{source} {tuple(value.shape)} isn't {name} {tuple(there.shape)}")
        network.load_state_dict(dict(zip(wanted, found.values(), strict=False)))

    def _tensor(self, image: Images) -> Any:
        return self.torch.from_numpy(image[None]).permute(0, 3, 1, 2).float().sub_(MEAN).div_(SPREAD)

    def see(self, images: Images) -> NDArray[np.float32]:
        """Cells of all images."""
        self.network.memory_bank = self.torch.empty(0)
        self.network.train()
        self.network.embedding_store.clear()
        for image in images:
            self.network(self._tensor(image))
        return np.concatenate([np.asarray(cells) for cells in self.network.embedding_store])

    def fit(self, images: Images, ratio: float, seed: int = 0) -> None:
        """Learn."""
        self.torch.manual_seed(seed)
        self.network.memory_bank = self.torch.empty(0)
        self.network.train()
        self.network.embedding_store.clear()
        for image in images:
            self.network(self._tensor(image))
        cpu, wall = time.process_time(), time.perf_counter()
        self.network.subsample_embedding(ratio)
        self.chose = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        self.network.eval()

    def predict(self, images: Images) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores, and maps of the images' size."""
        with self.torch.no_grad():
            found = [self.network(self._tensor(image)) for image in images]
        scores, maps = (
            [np.asarray(getattr(one, name)) for one in found] for name in ("pred_score", "anomaly_map")
        )
        return np.concatenate(scores), np.concatenate(maps)[:, 0]

    def engines(self, side: int) -> dict[str, Callable[[Images], Any]]:
        """How one image can be scored: in torch, and by its exports to ONNX and OpenVINO."""

        def planes(image: Images) -> NDArray[np.float32]:
            return (np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)[None] - MEAN) / SPREAD

        def torch(image: Images) -> Any:
            with self.torch.no_grad():
                return np.asarray(self.network(self._tensor(image)).anomaly_map)

        made: dict[str, Callable[[Images], Any]] = {"torch": torch}
        with TemporaryDirectory() as folder:
            path = Path(folder) / "patchcore.onnx"
            self.torch.onnx.export(
                self.network.eval(), (self.torch.zeros(1, 3, side, side),), str(path), opset_version=18,
                dynamo=True, external_data=False, input_names=["pixels"], output_names=["score", "map"],
            )  # fmt: skip
            data = path.read_bytes()
            try:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self.threads
                session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
                made["ONNX"] = lambda image: session.run(None, {"pixels": planes(image)})[1]
            except ImportError:
                pass
            try:
                import openvino
            except ImportError:
                return made
            network = openvino.convert_model(path)
        for precision in ("f32", "bf16"):
            settings = {
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": self.threads,
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
            }
            compiled = openvino.Core().compile_model(network, "CPU", settings)
            granted = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
            name = f"OpenVINO {precision}" + (f" (runs as {granted})" if granted != precision else "")
            made[name] = lambda image, compiled=compiled: compiled([planes(image)])[1]
        return made


def answer(side: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked; say what it cost."""
    images = np.load(request["images"]) if "images" in request else np.zeros(0)
    match request["do"]:
        case "see":
            cells = []
            cost = measured(lambda: cells.append(side.see(images)))
            np.save(request["out"], cells[0])
            return cost
        case "choose":
            return measured(lambda: side.choose(request["ratio"]))
        case "fit":
            cost = measured(lambda: side.fit(images, request["ratio"], request.get("seed", 0)))
            return {**cost, "choose": getattr(side, "chose", None)}
        case "predict":
            scores, maps = side.predict(images)
            np.savez(request["out"], scores=scores, maps=maps)
            return {}
        case "open":
            side.opened = side.engines(images.shape[1])
            for engine in side.opened.values():
                engine(images[0])
            return {"engines": list(side.opened)}
        case "time":
            engine = side.opened[request["engine"]]
            cost = measured(lambda: [engine(image) for image in images])
            return {name: cost[name] / len(images) for name in ("cpu", "wall")}
    raise ValueError(request["do"])


def measured(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds, and MB that the process has grown by at most (Linux)."""
    status = Path("/proc/self/status")
    if status.exists():
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before, cpu, wall = memory("VmRSS", status), time.process_time(), time.perf_counter()
    work()
    cost = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    return {**cost, "MB": memory("VmHWM", status) - before}


def memory(name: str, status: Path) -> float:
    """MB of this process, nan where the system doesn't say."""
    if not status.exists():
        return float("nan")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / MEGABYTE


def main() -> None:
    kind, weights, threads = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print as they like
    side: Any = {"ours": Ours, "anomalib": Anomalib}[kind](weights, int(threads))
    print(json.dumps({"ready": kind}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(side, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
