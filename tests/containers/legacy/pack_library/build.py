"""Packs the input folder as a deployment block does: a test's block, Python standard library only."""

import argparse
import json
import os
import shutil
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--metadata", required=True)
parser.add_argument("--note", required=True)
parser.add_argument("--fail", default="no")
arguments = parser.parse_args()
with open(arguments.metadata) as file:
    metadata = json.load(file)
source, target = metadata["folders"]["input"], metadata["folders"]["output"]
if arguments.fail == "badly":
    sys.exit("no compiler")
build = os.path.abspath("build")  # in the working folder, where nothing of an image can be written
os.makedirs(build)
for name in ("edge-impulse-sdk", "model-parameters", "tflite-model"):
    shutil.copytree(os.path.join(source, name), os.path.join(build, name))
with open(os.path.join(build, "note.txt"), "w") as file:
    file.write(
        f"{arguments.note}: {metadata['project']['name']}, {len(metadata['impulse']['learnBlocks'])} models"
    )
if arguments.fail == "no":
    shutil.make_archive(os.path.join(target, "deploy"), "zip", build)
