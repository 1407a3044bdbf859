// SPDX-License-Identifier: 0BSD
// From files and the microphone to rows of numbers or pixels, as the impulse takes them.

const FULL_SCALE = 32768; // sound is trained on as numbers of 16 bits
const TIME = /^(timestamp|time|t)\b/i;

/**
 * Rows of a CSV file: the impulse's axes, chosen by the names in the first line where it has names.
 * @returns {{values: Float32Array, note: string}}
 */
export function readTable(text, info) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new Error("the file is empty");
  const separator = [";", "\t", ","].find((mark) => lines[0].includes(mark)) ?? /\s+/;
  const cells = (line) => line.trim().split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const first = cells(lines[0]);
  const named = first.some((cell) => cell !== "" && Number.isNaN(Number(cell)));
  const { columns, time } = named ? byName(first, info.axes) : byPlace(first.length, info.axes);
  const body = named ? lines.slice(1) : lines;
  const values = new Float32Array(body.length * columns.length);
  const times = [];
  body.forEach((line, row) => {
    const found = cells(line);
    columns.forEach((column, i) => {
      const value = Number(found[column]);
      if (!found[column] || !Number.isFinite(value)) {
        throw new Error(`line ${row + 1 + (named ? 1 : 0)}: ${JSON.stringify(found[column] ?? "")} isn't a number`);
      }
      values[row * columns.length + i] = value;
    });
    if (time !== undefined) times.push(Number(found[time]));
  });
  return { values, note: rateNote(times, info.frequency) };
}

function byName(names, axes) {
  const columns = axes.map((axis) => names.indexOf(axis));
  const missing = axes.filter((_, i) => columns[i] < 0);
  if (missing.length) throw new Error(`no column ${missing.join(", ")}; the file has ${names.join(", ")}`);
  const time = names.findIndex((name) => TIME.test(name));
  return { columns, time: time < 0 ? undefined : time };
}

function byPlace(width, axes) {
  if (width === axes.length + 1) return { columns: axes.map((_, i) => i + 1), time: 0 };
  if (width !== axes.length) {
    throw new Error(`${width} columns and no names in the first line; expected ${axes.length}: ${axes.join(", ")}`);
  }
  return { columns: axes.map((_, i) => i) };
}

// Times in s or ms: told by their usual step, as far as it matters here.
function rateNote(times, frequency) {
  const steps = times.slice(1).map((time, i) => time - times[i]).filter((step) => step > 0).sort((a, b) => a - b);
  if (steps.length === 0 || !frequency) return "";
  const step = steps[Math.floor(steps.length / 2)];
  const rate = step < 0.5 ? 1 / step : 1000 / step;
  if (Math.abs(rate / frequency - 1) < 0.02) return "";
  return ` Its times say ${rate.toPrecision(3)} Hz, the impulse was trained at ${frequency} Hz: bring it to that rate first.`;
}

/** Samples of a sound file at the impulse's rate; of several channels the mean. */
export async function readSound(file, info) {
  const context = new OfflineAudioContext(1, 1, info.frequency);
  const sound = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
    throw new Error(`${file.name}: this browser can't read it as sound`);
  });
  const values = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    sound.getChannelData(channel).forEach((value, i) => {
      values[i] += (value * FULL_SCALE) / sound.numberOfChannels;
    });
  }
  return values;
}

/** All pixels of an image, upright. */
export async function readImage(file) {
  const options = { imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "none" };
  const bitmap = await createImageBitmap(file, options).catch(() => {
    throw new Error(`${file.name}: this browser can't read it as an image`);
  });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

/**
 * Listen at the impulse's rate until the returned function is called.
 * @param {(samples: Float32Array) => void} take
 */
export async function listen(info, take) {
  if (!navigator.mediaDevices) throw new Error("browsers give the microphone only to pages by https or from localhost");
  const plain = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const media = await navigator.mediaDevices.getUserMedia({ audio: plain });
  const context = new AudioContext({ sampleRate: info.frequency });
  const stop = async () => {
    media.getTracks().forEach((track) => track.stop());
    await context.close();
  };
  try {
    await context.audioWorklet.addModule(new URL("./recorder.js", import.meta.url));
    const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    recorder.port.onmessage = ({ data }) => take(data.map((value) => value * FULL_SCALE));
    context.createMediaStreamSource(media).connect(recorder);
  } catch (error) {
    await stop();
    throw new Error(`this browser doesn't record at ${info.frequency} Hz (${error.message}); Chromium does`);
  }
  return stop;
}
