// node classify.cjs SCRIPT WINDOWS VALUES ANSWER: classifies float32 windows of VALUES values on end by an Emscripten
// package of Edge Impulse and writes {"labels", "rows"}: score, threshold, a share for each class, seconds.
const { readFileSync, writeFileSync } = require("node:fs");
const { performance } = require("node:perf_hooks");
const { resolve } = require("node:path");

const [script, windows, count, answer] = process.argv.slice(2);
const values = Number(count);

const loaded = async () => {
  const found = require(resolve(script));
  const module = typeof found === "function" ? await found() : found;
  // Emscripten says when its module is compiled; one that was built into a promise is ready by now.
  if (typeof module.init !== "function" || typeof module._malloc !== "function") {
    await new Promise((done, failed) => {
      module.onRuntimeInitialized = done;
      module.onAbort = (reason) => failed(new Error(String(reason)));
    });
  }
  return module;
};

const main = async () => {
  const module = await loaded();
  if (typeof module.run_classifier !== "function") throw new Error("the package has no run_classifier");
  const status = module.init ? module.init() : 0;
  if (typeof status === "number" && status !== 0) throw new Error(`init() returned ${status}`);
  const properties = module.get_properties ? module.get_properties() : {};
  const wanted = properties.input_features_count;
  if (typeof wanted === "number" && wanted !== values) {
    throw new Error(`it takes ${wanted} values a window, these windows have ${values}; compare a run of the same window`);
  }
  const bytes = readFileSync(windows), size = 4 * values, at = module._malloc(size);
  let labels = null;
  const rows = [];
  for (let start = 0; start + size <= bytes.length; start += size) {
    module.HEAPU8.set(bytes.subarray(start, start + size), at);
    const began = performance.now();
    const result = module.run_classifier(at, values, false);
    const seconds = (performance.now() - began) / 1000;
    if (result.result !== 0) throw new Error(`run_classifier returned ${result.result}`);
    const row = scored(properties, result);
    row.push(["seconds", seconds]);
    if (typeof result.delete === "function") result.delete();
    labels = labels || row.map(([label]) => label);
    rows.push(row.map(([, value]) => value));
  }
  module._free(at);
  writeFileSync(answer, JSON.stringify({ labels, rows }));
};

const scored = (properties, result) => {
  const row = [];
  if (properties.has_visual_anomaly_detection) row.push(["score", result.visual_ad_max]);
  else if (properties.has_anomaly) row.push(["score", result.anomaly]);
  const entries = properties.thresholds || [];
  const list = Array.isArray(entries) ? entries : Array.from({ length: entries.size() }, (_, i) => entries.get(i));
  const limit = list.find((entry) => String(entry.type).startsWith("anomaly") && entry.min_anomaly_score !== undefined);
  if (row.length && limit) row.push(["threshold", limit.min_anomaly_score]);
  const classes = typeof result.size === "function" ? result.size() : 0;
  if (properties.model_type === undefined || properties.model_type === "classification") {
    for (let i = 0; i < classes; i++) {
      const entry = result.get(i);
      row.push([`class ${entry.label}`, entry.value]);
      if (typeof entry.delete === "function") entry.delete();
    }
  }
  if (!row.length) throw new Error("it gives neither an anomaly score nor classes");
  return row;
};

main().then(() => process.exit(0), (error) => {
  console.error(`Error: ${error && error.message ? error.message : error}`);
  process.exit(1);
});
