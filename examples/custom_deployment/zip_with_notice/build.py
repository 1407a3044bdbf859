"""Packs the C++ library and a NOTICE.txt into deploy.zip. Standard library only: this would run at Edge Impulse unchanged."""

import argparse
import json
import zipfile
from pathlib import Path

LIBRARY = ("edge-impulse-sdk", "model-parameters", "tflite-model")

parser = argparse.ArgumentParser()
parser.add_argument("--metadata", required=True)  # given by the contract
parser.add_argument("--product", required=True)  # of `cliArguments`
parser.add_argument("--contact", default="")  # a parameter
arguments, _ = parser.parse_known_args()

metadata = json.loads(Path(arguments.metadata).read_text())
source = Path(metadata["folders"]["input"])
target = Path(metadata["folders"]["output"]) / "deploy.zip"
blocks = [block["title"] for block in metadata["impulse"]["learnBlocks"]]
notice = f"""{metadata["project"]["name"]} for {arguments.product}
Learning blocks: {", ".join(blocks)}
Questions: {arguments.contact}
"""

with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
    for folder in LIBRARY:
        for path in sorted((source / folder).rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(source))
    archive.writestr("NOTICE.txt", notice)
print(f"{target.stat().st_size} bytes")
