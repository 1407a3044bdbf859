"""A learning block in Edge Impulse's contract: boosted stumps on the standard library, saved as XGBoost saves trees."""

import argparse
import ast
import json
import math
import os
import struct
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--info-file", required=True)
parser.add_argument("--data-directory", required=True)
parser.add_argument("--out-directory", required=True)
parser.add_argument("--num_rounds", type=int, required=True)
parser.add_argument("--shrinkage", type=float, required=True)
args = parser.parse_args()


def load(name):
    """Read a float32 ``.npy`` file of one or two dimensions as lists."""
    with open(os.path.join(args.data_directory, name), "rb") as file:
        assert file.read(6) == b"\x93NUMPY"
        size = "<I" if file.read(2)[0] > 1 else "<H"
        (length,) = struct.unpack(size, file.read(struct.calcsize(size)))
        header = ast.literal_eval(file.read(length).decode())
        assert header["descr"] == "<f4", header
        values = struct.unpack(f"<{math.prod(header['shape'])}f", file.read())
    if len(header["shape"]) == 1:
        return list(values)
    rows, width = header["shape"]
    return [list(values[row * width : (row + 1) * width]) for row in range(rows)]


def stump(rows, wanted, shrinkage):
    """Find the question that leaves the smallest squared error."""
    total, best = sum(wanted), (-1.0, 0, 0.0, 0.0, 0.0)
    for feature in range(len(rows[0])):
        order = sorted(range(len(rows)), key=lambda row: rows[row][feature])
        low = 0.0
        for place, (row, following) in enumerate(zip(order, order[1:]), 1):
            low += wanted[row]
            if rows[row][feature] == rows[following][feature]:
                continue
            gain = low * low / place + (total - low) ** 2 / (len(rows) - place)
            if gain > best[0]:
                left, right = low / place, (total - low) / (len(rows) - place)
                best = (gain, feature, rows[following][feature], left, right)
    _, feature, threshold, left, right = best
    return feature, threshold, left * shrinkage, right * shrinkage


def boost(rows, wanted):
    """Trees whose sum comes near ``wanted``."""
    left, trees = list(wanted), []
    for _ in range(args.num_rounds):
        tree = stump(rows, left, args.shrinkage)
        trees.append(tree)
        left = [value - (tree[2] if row[tree[0]] < tree[1] else tree[3]) for row, value in zip(rows, left)]
    return trees


def as_xgboost(tree):
    feature, threshold, left, right = tree
    return {
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "split_indices": [feature, 0, 0],
        "split_conditions": [threshold, left, right],
        "split_type": [0, 0, 0],
        "tree_param": {"num_nodes": "3", "size_leaf_vector": "0"},
    }


with open(args.info_file) as file:
    info = json.load(file)
rows, answers = load("X_split_train.npy"), load("Y_split_train.npy")
checks = load("X_split_test.npy")
(width,) = ast.literal_eval(info["inputShapeString"])
print(f"training on {len(rows)} rows of {width}, {len(checks)} to validate, to tell {info['classes']}")
if len(rows[0]) != width:
    sys.exit("the info file and the data disagree")
if info["mode"] == "classification":
    # A score of 3 for the own class and of −3 for the others makes sure probabilities.
    outputs = [
        boost(rows, [6.0 * row[number] - 3.0 for row in answers]) for number in range(len(info["classes"]))
    ]
    objective = "multi:softprob"
elif info["mode"] == "regression":
    outputs, objective = [boost(rows, answers)], "reg:squarederror"
else:
    # How many features are beyond what the training rows had.
    columns = [[row[feature] for row in rows] for feature in range(width)]
    lows = [(feature, min(column), 1.0, 0.0) for feature, column in enumerate(columns)]
    highs = [(feature, max(column), 0.0, 1.0) for feature, column in enumerate(columns)]
    outputs, objective = [lows + highs], "reg:squarederror"
model = {
    "trees": [as_xgboost(tree) for trees in outputs for tree in trees],
    "tree_info": [number for number, trees in enumerate(outputs) for _ in trees],
    "gbtree_model_param": {"num_trees": str(sum(map(len, outputs))), "num_parallel_tree": "1"},
}
learner = {
    "learner_model_param": {
        "base_score": "0",
        "num_class": str(len(outputs) if objective.startswith("multi") else 0),
        "num_feature": str(width),
    },
    "objective": {"name": objective},
    "gradient_booster": {"name": "gbtree", "model": model},
    "attributes": {},
}
with open(os.path.join(args.out_directory, "model.json"), "w") as file:
    json.dump({"version": [1, 7, 6], "learner": learner}, file)
print("done")
