// SPDX-License-Identifier: 0BSD
// @title@, build @build_id@: an ES module around @name@.wasm, for browsers, workers and Node.

/** What the module is: window, axes, outputs. */
export const info = Object.freeze(@info@);

const OK = 0;
const MORE = 1;
const CONSTANT = -6;
const OUTPUTS_AT = 28;
const OUTPUT_BYTES = 80;

/** Whether this engine has SIMD: asked by a function that makes a vector and drops it. */
export const simd = WebAssembly.validate(
  new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11]),
);

/**
 * Compile a module without starting it. Many classifiers can be loaded from it, and it can be sent to workers.
 * @param {BufferSource | URL | string} [source] the module, or where it lies; by default the one beside this file that suits the engine
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compile(source = beside()) {
  if (!(source instanceof URL) && typeof source !== "string") return WebAssembly.compile(source);
  if (source instanceof URL && source.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return WebAssembly.compile(await readFile(source));
  }
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source}: HTTP ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

/**
 * Load a module, by default as compile() does.
 * @param {BufferSource | WebAssembly.Module | URL | string} [source]
 * @returns {Promise<Classifier>}
 */
export async function load(source) {
  const module = source instanceof WebAssembly.Module ? source : await compile(source);
  return new Classifier(await WebAssembly.instantiate(module, {}));
}

// Written out, for bundlers find files by this form.
function beside() {
  return simd ? new URL("./@name@.wasm", import.meta.url) : new URL("./@name@.scalar.wasm", import.meta.url);
}

/** One model with one stream. Make another by loading again: compile once and pass that to load(). */
export class Classifier {
  #c;
  #memory;
  #window;
  #result;
  #frameAt;

  constructor(instance) {
    this.#c = instance.exports;
    this.#memory = instance.exports.memory;
    this.#check(this.#c.@name@_wasm_start());
    this.#window = this.#c.@name@_wasm_window();
    this.#result = this.#c.@name@_wasm_result();
  }

  /** Score one window: info.shape values, rows on end. */
  run(window) {
    const values = this.#write(window);
    const model = this.#c.@name@_wasm_model();
    this.#check(this.#c.@name@_run(model, this.#window, values, this.#result));
    return this.#read();
  }

  /**
   * Score an image of any size, brought to the input's as in training: ImageData of a canvas, or any
   * {data, width, height} whose data are 4 (RGBA), 3 (RGB) or 1 (grey) bytes a pixel. Give it as it was taken: what was
   * scaled before isn't what the model has learned from.
   */
  runImage(image) {
    this.#frame(image, this.#c.@name@_wasm_run_frame);
    return this.#read();
  }

  /** What run() would be given for such an image: info.shape values. */
  imageWindow(image) {
    this.#frame(image, this.#c.@name@_wasm_frame_window);
    return this.#view(info.shape.reduce((a, b) => a * b, 1)).slice();
  }

  /** Features of one window at a processing node (its index in info.features). */
  features(window, node = 0) {
    const values = this.#write(window);
    const at = this.#c.@name@_wasm_features();
    const used = this.#c.@name@_wasm_used();
    const model = this.#c.@name@_wasm_model();
    this.#check(this.#c.@name@_features(model, node, this.#window, values, at, @most_features@, used));
    const count = new DataView(this.#memory.buffer).getUint32(used, true);
    return new Float32Array(this.#memory.buffer, at, count).slice();
  }

  /** Push rows of samples into the stream; gives the result of each window that became complete. */
  push(samples) {
    const stream = this.#c.@name@_wasm_stream?.();
    if (stream === undefined) throw new Error("images have no stream; use run()");
    const axes = info.axes.length;
    if (samples.length % axes !== 0) throw new RangeError(`${samples.length} values aren't whole rows of ${axes}`);
    const used = this.#c.@name@_wasm_used();
    const results = [];
    const most = info.shape[0];
    let row = 0;
    while (row < samples.length / axes) {
      const rows = Math.min(most, samples.length / axes - row);
      this.#view(rows * axes).set(samples.slice(row * axes, (row + rows) * axes));
      const status = this.#c.@name@_stream_push(stream, this.#window, rows, used, this.#result);
      row += new DataView(this.#memory.buffer).getUint32(used, true);
      if (status !== MORE) {
        this.#check(status);
        results.push(this.#read());
      }
    }
    return results;
  }

  /** Forget the stream's samples and smoothing. */
  reset() {
    const stream = this.#c.@name@_wasm_stream?.();
    if (stream !== undefined) this.#check(this.#c.@name@_stream_reset(stream));
  }

  getThreshold(output = 0) {
    return this.#c.@name@_get_threshold(this.#c.@name@_wasm_model(), output);
  }

  setThreshold(value, output = 0) {
    this.#check(this.#c.@name@_set_threshold(this.#c.@name@_wasm_model(), output, value));
  }

  getSmoothing(output = 0) {
    return this.#c.@name@_get_smoothing(this.#c.@name@_wasm_model(), output);
  }

  /** Weight of the past, 0 (off) to below 1. */
  setSmoothing(value, output = 0) {
    this.#check(this.#c.@name@_set_smoothing(this.#c.@name@_wasm_model(), output, value));
  }

  getDriftLimit() {
    return this.#c.@name@_get_drift_limit(this.#c.@name@_wasm_model());
  }

  /** Above so many standard deviations of training an output is `drifting`; 2 at first. */
  setDriftLimit(value) {
    this.#check(this.#c.@name@_set_drift_limit(this.#c.@name@_wasm_model(), value));
  }

  /** Begin to collect normal windows of this place. */
  calibrateBegin() {
    this.#check(this.#c.@name@_calibrate_begin(this.#work()));
  }

  /** Keep one window, by default the stream's latest; info.calibrationWindows at most. */
  calibrateAdd(window) {
    const work = this.#work();
    const count = info.shape.reduce((a, b) => a * b, 1);
    if (window !== undefined) this.#write(window);
    else this.#check(this.#c.@name@_stream_window(this.#c.@name@_wasm_stream(), this.#window, count));
    this.#check(this.#c.@name@_calibrate_add(this.#c.@name@_wasm_model(), work, this.#window, count));
  }

  /** Fit scalers, scores and thresholds. Returns the calibration: bytes to keep, and to give to useCalibration. */
  calibrateCommit() {
    const work = this.#work();
    const bytes = this.#c.@name@_wasm_calibration_bytes();
    const status = this.#c.@name@_calibrate_commit(this.#c.@name@_wasm_model(), work);
    if (status === CONSTANT) {
      const view = new DataView(this.#memory.buffer);
      const [output, feature] = [4, 8].map((offset) => view.getInt32(work + bytes + offset, true));
      const name = info.outputs[output].contributions[feature];
      throw new Error(`${info.outputs[output].name}, ${name}: ${this.#text(this.#c.@name@_status_text(status))}`);
    }
    this.#check(status);
    return new Uint8Array(this.#memory.buffer, work, bytes).slice();
  }

  /** Use a calibration of this package, or null: as trained. Thresholds become those of it. */
  useCalibration(calibration) {
    this.#work();
    const model = this.#c.@name@_wasm_model();
    const at = this.#c.@name@_wasm_calibration();
    if (calibration === null) return this.#check(this.#c.@name@_calibrate_use(model, 0));
    const memory = new Uint8Array(this.#memory.buffer, at, this.#c.@name@_wasm_calibration_bytes());
    if (calibration.length !== memory.length) {
      throw new RangeError(`a calibration of this package has ${memory.length} bytes, not ${calibration.length}`);
    }
    const before = memory.slice();
    memory.set(calibration);
    const status = this.#c.@name@_calibrate_use(model, at);
    if (status !== OK) memory.set(before);
    this.#check(status);
  }

  #work() {
    const at = this.#c.@name@_wasm_work?.();
    if (at === undefined) throw new Error("built without commissioning: deploy with calibration-windows above 0");
    return at;
  }

  // A frame lies behind the memory that the module began with, which grows as frames do.
  #frame({ data, width, height }, call) {
    if (call === undefined) throw new Error("this model takes windows of signals; use run() or push()");
    const format = { 4: 3, 3: 0, 1: 2 }[data.length / (width * height)];
    if (format === undefined) {
      throw new RangeError(`${data.length} bytes aren't ${width} × ${height} pixels of 4, 3 or 1 bytes`);
    }
    this.#frameAt ??= this.#memory.buffer.byteLength;
    const missing = this.#frameAt + data.length - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(this.#memory.buffer, this.#frameAt, data.length).set(data);
    this.#check(call(this.#frameAt, format, width, height));
  }

  #view(count) {
    return new @array@(this.#memory.buffer, this.#window, count);
  }

  #write(window) {
    const count = info.shape.reduce((a, b) => a * b, 1);
    if (window.length !== count) throw new RangeError(`a window has ${count} values, not ${window.length}`);
    this.#view(count).set(window);
    return count;
  }

  #check(status) {
    if (status !== OK) throw new Error(this.#text(this.#c.@name@_status_text(status)) ?? `status ${status}`);
  }

  #text(at) {
    if (at === 0) return undefined;
    const bytes = new Uint8Array(this.#memory.buffer);
    return new TextDecoder().decode(bytes.slice(at, bytes.indexOf(0, at)));
  }

  #read() {
    const view = new DataView(this.#memory.buffer);
    const at = this.#result;
    return {
      decision: view.getInt32(at + 4, true) === 1,
      label: this.#text(this.#c.@name@_label(at)) ?? null,
      start: Number(view.getBigUint64(at + 16, true)),
      buildId: info.buildId,
      outputs: info.outputs.map((output, i) => this.#output(view, at + OUTPUTS_AT + i * OUTPUT_BYTES, output)),
    };
  }

  #output(view, at, output) {
    const int = (offset) => view.getInt32(at + offset, true);
    const float = (offset) => view.getFloat32(at + offset, true);
    const floats = (pointer, count) => Array.from(new Float32Array(this.#memory.buffer, pointer, pointer ? count : 0));
    const contributions = [];
    for (let k = 0; k < int(24); k++) {
      contributions.push({ label: output.contributions[int(28 + 8 * k)], value: float(32 + 8 * k) });
    }
    const scores = floats(int(56), int(52));
    return {
      name: output.name,
      kind: output.kind,
      decision: int(4),
      score: float(8),
      smoothed: float(12),
      threshold: float(16),
      pValue: float(20) < 0 ? null : float(20),
      contributions,
      classes: Object.fromEntries(scores.map((score, i) => [output.classes[i], score])),
      map: int(68) ? { height: int(60), width: int(64), values: floats(int(68), int(60) * int(64)) } : null,
      drift: float(72) < 0 ? null : float(72),
      drifting: int(76) === 1,
    };
  }
}
