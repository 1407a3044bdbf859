// Scores windows by a module of ours that imports nothing: node module.mjs MODULE OUTPUT WINDOWS VALUES SIZE
// WINDOWS holds windows of VALUES values on end, each of SIZE bytes: 4 are a float32, 1 is a uint8. Prints {"scores", "classes", "threshold", "seconds"}.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const OUTPUTS_AT = 28; // layout of a result, as the module's own source asserts it
const [path, output, windows, count, size] = process.argv.slice(2);
const compiled = await WebAssembly.compile(readFileSync(path));
if (WebAssembly.Module.imports(compiled).length) throw new Error("the module has imports; a module of ours has none");
const module = (await WebAssembly.instantiate(compiled, {})).exports;
const start = Object.keys(module).find((name) => name.endsWith("_wasm_start"));
if (!start) throw new Error("not a module of ours: it exports no NAME_wasm_start");
const call = (name, ...values) => module[start.slice(0, -"wasm_start".length) + name](...values);
const check = (status) => { if (status !== 0) throw new Error(`the module answers status ${status}`); };

check(call("wasm_start"));
const between = start.replace("wasm_start", "wasm_output_bytes") in module ? call("wasm_output_bytes") : 72; // outputs of older modules
const window = call("wasm_window"), result = call("wasm_result"), model = call("wasm_model");
const values = Number(count), bytes = Buffer.alloc(Number(size) * values), file = openSync(windows, "r");
const scores = [], classes = [];
let threshold = 0, milliseconds = 0;
while (readSync(file, bytes) === bytes.length) {
  new Uint8Array(module.memory.buffer, window, bytes.length).set(bytes);
  const began = performance.now();
  check(call("run", model, window, values, result));
  milliseconds += performance.now() - began;
  const view = new DataView(module.memory.buffer), at = result + OUTPUTS_AT + Number(output) * between;
  scores.push(view.getFloat32(at + 8, true));
  classes.push(Array.from(new Float32Array(module.memory.buffer, view.getInt32(at + 56, true), view.getInt32(at + 52, true))));
  threshold = view.getFloat32(at + 16, true);
}
closeSync(file);
console.log(JSON.stringify({ scores, classes, threshold, seconds: milliseconds / 1000 }));
