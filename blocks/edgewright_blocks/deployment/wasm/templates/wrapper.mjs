// SPDX-License-Identifier: 0BSD
// @title@, build @build_id@: an ES module around @name@.wasm, for browsers and Node.

/** What the module is: window, axes, outputs. */
export const info = Object.freeze(@info@);

const OK = 0;
const MORE = 1;
const OUTPUTS_AT = 28;
const OUTPUT_BYTES = 80;

/**
 * Load the module.
 * @param {BufferSource | WebAssembly.Module | URL | string} [source] the module, or where it lies; by default beside this file
 * @returns {Promise<Classifier>}
 */
export async function load(source = new URL("./@name@.wasm", import.meta.url)) {
  return new Classifier(await WebAssembly.instantiate(await compiled(source), {}));
}

async function compiled(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (!(source instanceof URL) && typeof source !== "string") return WebAssembly.compile(source);
  if (source instanceof URL && source.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return WebAssembly.compile(await readFile(source));
  }
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source}: HTTP ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** One model with one stream. Make another by loading again: a compiled module can be passed to load(). */
export class Classifier {
  #c;
  #memory;
  #window;
  #result;

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
    };
  }
}
