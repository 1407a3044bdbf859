// SPDX-License-Identifier: 0BSD
// Self-test of @title@: compares the module with what Python computed. Prints JSON; exits with 0 when all is within
// tolerance. Run it by: node selftest/selftest.mjs [MODULE], such as @name@.scalar.wasm; by default the one that load() chooses.
import { readFile } from "node:fs/promises";
import { load, info } from "../@name@.mjs";

const expected = JSON.parse(await readFile(new URL("./selftest.json", import.meta.url), "utf8"));
const classifier = await load(process.argv[2] && new URL(`../${process.argv[2]}`, import.meta.url));
const nodes = {};
const decisions = [];
let pBeyond = 0;
let streamDiffers = 0;
let failures = 0;

function compare(name, output, tolerance, pairs) {
  const node = { output, largest_difference: 0, beyond_tolerance: 0, tolerance };
  for (const [device, python] of pairs) {
    const difference = Number.isFinite(device) ? Math.abs(device - python) : 1e300; // NaN, which JSON hasn't
    node.largest_difference = Math.max(node.largest_difference, difference);
    if (!(difference <= tolerance.absolute + tolerance.relative * Math.abs(python))) node.beyond_tolerance++;
  }
  failures += node.beyond_tolerance;
  nodes[name] = node;
}

expected.features.forEach((features, index) => {
  const pairs = [];
  expected.windows.forEach((window, w) => {
    classifier.features(window, index).forEach((value, i) => pairs.push([value, features.values[w][i]]));
  });
  compare(features.name, "features", features.tolerance, pairs);
});

const results = expected.windows.map((window) => classifier.run(window));
for (const output of expected.outputs) {
  const pairs = [];
  results.forEach((result, w) => {
    const device = result.outputs[output.index];
    const python = output.expected[w];
    if (python.classes) {
      info.outputs[output.index].classes.forEach((name, i) => pairs.push([device.classes[name], python.classes[i]]));
    } else {
      pairs.push([device.score, python.score]);
    }
    const p = device.pValue ?? -1;
    if (p < python.p[0] - 1e-6 || p > python.p[1] + 1e-6) pBeyond++;
    if (device.decision !== python.decision) {
      // What the score was weighed against: the threshold, or the class that the device prefers.
      const otherClass = python.classes !== undefined && device.decision >= 0;
      const rival = otherClass ? python.classes[device.decision] : device.threshold;
      const allowed = (otherClass ? 2 : 1) * (output.tolerance.absolute + output.tolerance.relative * Math.abs(python.score));
      const within = Math.abs(python.score - rival) <= allowed;
      if (!within) failures++;
      decisions.push({ node: output.name, window: w, device_score: device.score, python_score: python.score,
        threshold: device.threshold, within_tolerance: within });
    }
  });
  compare(output.name, output.output, output.tolerance, pairs);
}

if (info.stride !== null) {
  expected.windows.forEach((window, w) => {
    classifier.reset();
    const streamed = classifier.push(window);
    const same = streamed.length === 1 &&
      streamed[0].outputs.every((output, i) => output.score === results[w].outputs[i].score);
    if (!same) streamDiffers++;
  });
}

failures += pBeyond + streamDiffers;
console.log(JSON.stringify({ build_id: info.buildId, windows: expected.windows.length, nodes,
  p_values_beyond_tolerance: pBeyond, stream_differs: streamDiffers, decisions_differ: decisions, ok: failures === 0 }));
process.exitCode = failures === 0 ? 0 : 1;
