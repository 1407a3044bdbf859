// SPDX-License-Identifier: 0BSD
// Self-test of @title@: compares the module with what Python computed. Prints JSON; exits with 0 when all is within
// tolerance. Run it by: node selftest/selftest.mjs [MODULE], such as @name@.scalar.wasm; by default the one that load() chooses.
// A page imports it and reads `result`; the module is then its parameter ?module=.
import { load, info } from "../@name@.mjs";

const node = typeof process === "object";
const data = new URL("./selftest.json", import.meta.url);
const expected = node
  ? JSON.parse(await (await import("node:fs/promises")).readFile(data, "utf8"))
  : await (await fetch(data)).json();
const module = node ? process.argv[2] : new URLSearchParams(location.search).get("module");
const classifier = await load(module ? new URL(`../${module}`, import.meta.url) : undefined);
const nodes = {};
const decisions = [];
let pBeyond = 0;
let streamDiffers = 0;
let failures = 0;

function compare(name, output, tolerance, pairs) {
  const found = { output, largest_difference: 0, beyond_tolerance: 0, tolerance };
  for (const [device, python] of pairs) {
    const difference = Number.isFinite(device) ? Math.abs(device - python) : 1e300; // NaN, which JSON hasn't
    found.largest_difference = Math.max(found.largest_difference, difference);
    if (!(difference <= tolerance.absolute + tolerance.relative * Math.abs(python))) found.beyond_tolerance++;
  }
  failures += found.beyond_tolerance;
  nodes[name] = found;
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
export const result = { build_id: info.buildId, windows: expected.windows.length, nodes,
  p_values_beyond_tolerance: pBeyond, stream_differs: streamDiffers, decisions_differ: decisions, ok: failures === 0 };
if (node) {
  console.log(JSON.stringify(result));
  process.exitCode = failures === 0 ? 0 : 1;
}
