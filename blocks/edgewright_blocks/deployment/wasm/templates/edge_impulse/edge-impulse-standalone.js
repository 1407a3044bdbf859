// SPDX-License-Identifier: 0BSD
// @title@, build @build_id@, by the calls of applications that were written for Edge Impulse's WebAssembly package: Module with
// run_classifier and what belongs to it. In Node by require(), in a page as a script of its own.
var Module = typeof Module === "undefined" ? {} : Module;

(function () {
  const properties = @properties@;
  const project = @project@;
  const node = typeof module === "object" && typeof require === "function";
  const here = node ? require("node:url").pathToFileURL(__filename).href : document.currentScript.src;
  const size = properties.input_features_count;
  const image = properties.image_input_width > 0;
  let info, classifier;
  let kept = []; // of the window that slices make

  // Memory that applications write windows into: theirs, not that of the model's module.
  Module.HEAPU8 = new Uint8Array(1 << 16);
  const taken = new Map();

  function malloc(bytes) {
    let at = 16;
    for (const [start, length] of [...taken].sort((a, b) => a[0] - b[0])) {
      if (at + bytes <= start) break;
      at = start + length;
    }
    const needed = at + bytes;
    if (needed > Module.HEAPU8.length) {
      const larger = new Uint8Array(2 * needed);
      larger.set(Module.HEAPU8);
      Module.HEAPU8 = larger;
    }
    taken.set(at, Math.max(16, Math.ceil(bytes / 16) * 16));
    return at;
  }

  // A number a pixel, 0xRRGGBB, becomes the bytes that the model takes.
  function window(values) {
    if (!image) return Float32Array.from(values);
    const bytes = [];
    for (const value of values) {
      const pixel = value >>> 0;
      const [red, green, blue] = [(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255];
      if (properties.image_channel_count === 1) bytes.push(Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000));
      else bytes.push(red, green, blue);
    }
    return Uint8Array.from(bytes);
  }

  const listed = (entries) => (at) => ({ ...entries[at], delete() {} });

  function answer(code, outputs = []) {
    const of = (kind) => outputs.find((output) => output.kind === kind);
    const [anomaly, classes, number] = ["anomaly", "classification", "regression"].map(of);
    const entries = classes
      ? Object.entries(classes.classes).map(([label, value]) => ({ label, value }))
      : number ? [{ label: "value", value: number.score }] : [];
    const map = anomaly && anomaly.map;
    const cells = [];
    if (map) {
      const width = Math.floor(properties.image_input_width / map.width);
      const height = Math.floor(properties.image_input_height / map.height);
      map.values.forEach((value, i) => {
        if (!(value > anomaly.threshold)) return;
        const [x, y] = [(i % map.width) * width, Math.floor(i / map.width) * height];
        cells.push({ label: "anomaly", value, x, y, width, height });
      });
    }
    return {
      result: code,
      anomaly: anomaly ? anomaly.score : 0,
      size: () => entries.length,
      get: listed(entries),
      object_tracking_size: () => 0,
      object_tracking_get: listed([]),
      visual_ad_max: map ? Math.max(...map.values) : 0,
      visual_ad_mean: map ? map.values.reduce((sum, value) => sum + value, 0) / map.values.length : 0,
      visual_ad_grid_cells_size: () => cells.length,
      visual_ad_grid_cells_get: listed(cells),
      delete() {},
    };
  }

  function classify(values, debug) {
    try {
      return answer(0, classifier.run(window(values)).outputs);
    } catch (error) {
      if (debug) console.log(String(error));
      return answer(-5);
    }
  }

  const written = (pointer, count) =>
    Array.from(new Float32Array(Module.HEAPU8.buffer.slice(pointer, pointer + 4 * count)));

  // All of it appears together, when the model is ready.
  const functions = {
    _malloc: malloc,
    _free: (at) => void taken.delete(at),
    init() {
      kept = [];
      return 0;
    },
    run_classifier(pointer, count, debug) {
      return count === size ? classify(written(pointer, count), debug) : answer(-1);
    },
    run_classifier_continuous(pointer, count, debug) {
      if (count < 1 || count > size) return answer(-1);
      kept = kept.concat(written(pointer, count)).slice(-size);
      const empty = info.outputs.map((output) => ({
        ...output, score: 0, map: null, classes: Object.fromEntries(output.classes.map((label) => [label, 0])),
      }));
      return kept.length < size ? answer(0, empty) : classify(kept, debug);
    },
    get_project: () => ({ ...project }),
    get_properties() {
      const thresholds = info.outputs.flatMap((output, id) => {
        if (output.kind !== "anomaly") return [];
        return [{ id, type: "anomaly", min_anomaly_score: classifier.getThreshold(id) }];
      });
      return { ...properties, thresholds };
    },
    set_threshold({ id, min_anomaly_score: value }) {
      const output = info.outputs[id];
      if (!output || output.kind !== "anomaly") return { success: false, error: `there is no anomaly threshold ${id}` };
      if (!Number.isFinite(value)) return { success: false, error: "min_anomaly_score is not a number" };
      classifier.setThreshold(value, id);
      return { success: true, error: "" };
    },
  };

  import(new URL("./edge-impulse-standalone.mjs", here).href)
    .then(async (ours) => {
      info = ours.info;
      classifier = await ours.load();
      Object.assign(Module, functions);
      if (Module.onRuntimeInitialized) Module.onRuntimeInitialized();
    })
    .catch((error) => {
      if (Module.onAbort) Module.onAbort(error);
      else throw error;
    });

  if (node) module.exports = Module;
})();
