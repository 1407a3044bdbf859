"""Generates tones and uploads them, as synthetic data blocks do: a test's block, Python standard library only."""

import argparse
import json
import math
import os
import struct
import sys
import urllib.request
import wave

KEY = os.environ.get("EI_PROJECT_API_KEY")
if not KEY:
    print("EI_PROJECT_API_KEY is missing")
    sys.exit(1)
HOST = os.environ.get("EI_INGESTION_HOST", "edgeimpulse.com")
URL = "http://" + HOST + ":4810" if HOST == "host.docker.internal" else "https://ingestion." + HOST

parser = argparse.ArgumentParser()
parser.add_argument("--label", required=True)
parser.add_argument("--count", type=int, required=True)
parser.add_argument("--upload-category", default="split")
parser.add_argument("--synthetic-data-job-id", type=int)
parser.add_argument("--out-directory", default="output")
arguments, _ = parser.parse_known_args()

os.makedirs(
    arguments.out_directory, exist_ok=True
)  # in the working folder, where nothing of an image can be written
for number in range(arguments.count):
    path = os.path.join(arguments.out_directory, f"{arguments.label}.{number}.wav")
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        height = 200.0 * (number + 1)
        values = [int(8000 * math.sin(2 * math.pi * height * i / 8000)) for i in range(8000)]
        file.writeframes(struct.pack("<8000h", *values))
    with open(path, "rb") as file:
        content = file.read()
    head = (
        f'--mark\r\nContent-Disposition: form-data; name="data"; filename="{os.path.basename(path)}"\r\n\r\n'
    )
    request = urllib.request.Request(
        f"{URL}/api/{arguments.upload_category}/files",
        data=head.encode() + content + b"\r\n--mark--\r\n",
        headers={
            "content-type": "multipart/form-data; boundary=mark",
            "x-api-key": KEY,
            "x-label": arguments.label,
            "x-metadata": json.dumps({"generated_by": "tones", "height": height}),
            "x-synthetic-data-job-id": str(arguments.synthetic_data_job_id),
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = json.loads(answer.read())
    assert body["success"] and body["files"][0]["success"], body
    print(f"uploaded {path}", flush=True)
