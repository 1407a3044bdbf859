// Times a compiled network and onnxruntime-web in turns; started by network_wasm.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const job = JSON.parse(process.argv[2]);
const file = (name) => readFileSync(`${job.folder}/${name}`);

async function ours() {
  const { instance } = await WebAssembly.instantiate(file("network.wasm"));
  const { memory, run_program: run } = instance.exports;
  let end = memory.buffer.byteLength;
  const take = (bytes) => {
    const place = (end + 63) & ~63;
    end = place + bytes;
    if (end > memory.buffer.byteLength) memory.grow(Math.ceil((end - memory.buffer.byteLength) / 65536));
    return place;
  };
  const keep = (bytes) => {
    const place = take(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, place);
    return place;
  };
  const calls = file("calls"), weights = file("weights"), image = new Uint8Array(file("image"));
  const places = [calls.length / 4, keep(calls), weights.length / 4, keep(weights), 0, 0, 0, 0];
  const arena = take(job.arena);
  const program = keep(new Uint8Array(new Int32Array([...places, arena, job.arena, 0]).buffer));
  const once = async () => {
    new Uint8Array(memory.buffer).set(image, arena + job.first);
    if (run(program) !== 0) throw new Error("the runtime refused its tables");
  };
  return [once, () => new Float32Array(memory.buffer, arena + job.last, job.outputs)];
}

async function theirs() {
  const find = createRequire(`${job.web}/package.json`);
  const ort = await import(pathToFileURL(find.resolve("onnxruntime-web")));
  const { env, InferenceSession, Tensor } = ort.default ?? ort;
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(new Uint8Array(file("network.onnx")), { executionProviders: ["wasm"] });
  const bytes = file("x");
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const feeds = { [session.inputNames[0]]: new Tensor("float32", values, job.shape) };
  let made;
  const once = async () => { made = (await session.run(feeds))[session.outputNames[0]]; };
  return [once, () => made];
}

// How far what we made, channels last, is from theirs, as a part of the largest value.
function difference(found, wanted) {
  const channels = wanted.dims.length > 2 ? wanted.dims[1] : 1, pixels = wanted.data.length / channels;
  let most = 0, apart = 0;
  for (let pixel = 0; pixel < pixels; ++pixel) {
    for (let c = 0; c < channels; ++c) {
      const value = wanted.data[c * pixels + pixel];
      most = Math.max(most, Math.abs(value));
      apart = Math.max(apart, Math.abs(found[pixel * channels + c] - value));
    }
  }
  return apart / most;
}

const milliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const [run, made] = await ours();
const [peer, wanted] = await theirs();
const best = { wasm: Infinity, "onnxruntime-web": Infinity };
for (let round = -5; round < job.rounds; ++round) {
  for (const [name, once] of [["wasm", run], ["onnxruntime-web", peer]]) {
    const begin = milliseconds();
    await once();
    if (round >= 0) best[name] = Math.min(best[name], milliseconds() - begin);
  }
}
if (!(difference(made(), wanted()) < 1e-4)) throw new Error(`it differs from onnxruntime-web by ${difference(made(), wanted())}`);
console.log(JSON.stringify(best));
process.exit(0);
