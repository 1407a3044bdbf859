"""Adds a number to every value of one CSV file: a test's block, Python standard library only."""

import argparse
import csv
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--in-file", required=True)
parser.add_argument("--out-directory", required=True)
parser.add_argument("--by", type=float, required=True)
parser.add_argument("--metadata", type=json.loads, required=True)
arguments, _ = parser.parse_known_args()

with open(arguments.in_file, newline="") as file:
    head, *rows = csv.reader(file)
name = os.path.splitext(os.path.basename(arguments.in_file))[0]
with open(os.path.join(arguments.out_directory, name + ".shifted.csv"), "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(head)
    writer.writerows([row[0], *(float(value) + arguments.by for value in row[1:])] for row in rows)
metadata = {**arguments.metadata, "shifted_by": arguments.by, "ei_check": 1 if rows else 0}
with open(os.path.join(arguments.out_directory, "ei-metadata.json"), "w") as file:
    json.dump({"version": 1, "action": "replace", "metadata": metadata}, file)
