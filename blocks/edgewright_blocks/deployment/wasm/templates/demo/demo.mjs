// SPDX-License-Identifier: 0BSD
// The demo page: what is scored, and when. Drawing is in view.mjs, reading of files in sources.mjs.
import { listen, readImage, readSound, readTable } from "./sources.mjs";
import { element, View } from "./view.mjs";

const AT_ONCE = 30; // ms of work before the page may answer again
const KEPT = 600; // windows of a microphone that stay on the page
const SOUND = 3000; // Hz: one axis that is sampled faster is sound

const byId = (id) => document.getElementById(id);
const pause = () => new Promise((done) => setTimeout(done));

/** Fill the page for an impulse: `impulse` is the package's ES module, `selftest` where its windows lie, if anywhere. */
export async function start(impulse, selftest) {
  try {
    new Demo(impulse, await impulse.load(), selftest && (await (await fetch(selftest)).json()).windows);
  } catch (error) {
    byId("about").textContent = error.message;
    throw error;
  }
}

class Demo {
  #classifier;
  #info;
  #view;
  #turn = 0; // what began later ends what is under way
  #scored = null; // what the results on the page are of, to score it again
  #stop = null; // ends listening

  constructor({ info, simd }, classifier, windows) {
    this.#classifier = classifier;
    this.#info = info;
    this.#view = new View(info, classifier, () => this.#again());
    byId("about").textContent = about(info, simd);
    byId("sources").append(...this.#sources(windows));
    byId("input").hidden = false;
  }

  #sources(windows) {
    const sound = this.#info.axes.length === 1 && this.#info.frequency >= SOUND;
    const image = this.#info.kind === "image";
    const parts = [];
    if (sound) {
      this.listening = element("button", { type: "button", ariaPressed: "false", onclick: () => this.#listen() }, "Listen to the microphone");
      this.level = element("meter", { min: -60, max: 0, value: -60, ariaLabel: "Level of the microphone in dB", hidden: true });
      parts.push(this.listening, this.level);
    }
    const accept = image ? "image/*" : sound ? "audio/*,.csv" : ".csv,.txt,.tsv,text/csv";
    const chooser = element("input", { type: "file", accept, id: "file" });
    chooser.onchange = () => {
      if (chooser.files.length) this.#try(() => this.#file(chooser.files[0]));
      chooser.value = ""; // the same file can be chosen again
    };
    parts.push(element("label", { className: "file" }, `Choose ${image ? "an image" : sound ? "a sound file" : "a CSV file"}`, chooser));
    if (windows) {
      const text = `Try the ${windows.length} windows of the self-test`;
      const score = async () => {
        await this.#silence();
        await this.#score({ name: "the self-test", windows });
      };
      parts.push(element("button", { type: "button", onclick: () => this.#try(score) }, text));
    }
    if (!image && !sound) parts.push(this.#paste());
    const drop = byId("input");
    drop.ondragover = (event) => event.preventDefault();
    drop.ondrop = (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) this.#try(() => this.#file(event.dataTransfer.files[0]));
    };
    return parts;
  }

  #paste() {
    const area = element("textarea", { id: "values", ariaLabel: `Rows of ${this.#info.axes.join(", ")}` });
    const score = () => this.#score({ name: "what you pasted", ...readTable(area.value, this.#info) });
    const button = element("button", { type: "button", onclick: () => this.#try(score) }, "Score these rows");
    return element("details", {}, element("summary", {}, "Paste rows instead"), area, button);
  }

  async #file(file) {
    await this.#silence();
    this.#tell(`Reading ${file.name} …`);
    if (this.#info.kind === "image") return this.#score({ name: file.name, image: await readImage(file) });
    const table = /\.(csv|tsv|txt)$/i.test(file.name);
    const read = table ? readTable(await file.text(), this.#info) : { values: await readSound(file, this.#info) };
    return this.#score({ name: file.name, ...read });
  }

  /** Score what was chosen and show it; `what` has rows (`values`), `windows` or an `image`. */
  async #score(what, chosen = 0) {
    const turn = ++this.#turn;
    this.#scored = what;
    this.#classifier.reset();
    this.#view.begin({ image: what.image, stream: what.values !== undefined });
    let since = performance.now();
    for (const found of this.#results(what)) {
      this.#view.add(found);
      if (performance.now() - since > AT_ONCE) {
        await pause();
        if (turn !== this.#turn) return;
        since = performance.now();
      }
    }
    this.#view.show(chosen);
    this.#tell(this.#view.summary(what.name) + (what.note ?? "") + (this.#padded(what) ?? ""));
  }

  *#results({ values, windows, image }) {
    if (image) yield this.#classifier.runImage(image);
    for (const window of windows ?? []) yield this.#classifier.run(window);
    if (!values) return;
    const [length, axes] = this.#info.shape;
    if (values.length < length * axes) {
      const whole = new Float32Array(length * axes); // a short recording is filled up with zeros, as in training
      whole.set(values);
      yield this.#classifier.run(whole);
      return;
    }
    for (let at = 0; at < values.length; at += length * axes) yield* this.#classifier.push(values.subarray(at, at + length * axes));
  }

  #padded({ values }) {
    const [length, axes] = this.#info.shape;
    if (values && values.length < length * axes) return ` It is shorter than a window and was filled up with zeros.`;
  }

  /** A threshold was set: what is shown is decided anew. */
  async #again() {
    if (this.#stop || !this.#scored) return this.#view.show(this.#view.chosen); // the microphone's past stays decided
    await this.#try(() => this.#score(this.#scored, this.#view.chosen));
  }

  async #listen() {
    if (this.#stop) return this.#silence();
    await this.#try(async () => {
      this.#turn++;
      this.#scored = null;
      this.#classifier.reset();
      this.#view.begin({ stream: true });
      this.#tell("Asking for the microphone …");
      this.#stop = await listen(this.#info, (samples) => this.#hear(samples));
      this.listening.ariaPressed = "true";
      this.listening.textContent = "Stop listening";
      this.level.hidden = false;
      const seconds = this.#info.shape[0] / this.#info.frequency;
      this.#tell(`Listening. A window is ${number(seconds)} s, the next comes every ${number(this.#info.stride / this.#info.frequency)} s.`);
    });
  }

  #hear(samples) {
    if (!this.#stop) return;
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    this.level.value = 10 * Math.log10(power / 2 ** 30 + 1e-9);
    try {
      const found = this.#classifier.push(samples);
      found.forEach((result) => this.#view.add(result, KEPT));
      if (found.length) this.#view.show(Infinity);
    } catch (error) {
      byId("problem").textContent = error.message;
    }
  }

  async #silence() {
    const stop = this.#stop;
    this.#stop = null;
    if (!stop) return;
    await stop();
    this.listening.ariaPressed = "false";
    this.listening.textContent = "Listen to the microphone";
    this.level.hidden = true;
    this.#tell(this.#view.summary("the microphone"));
  }

  #tell(text) {
    byId("status").textContent = text;
  }

  async #try(what) {
    byId("problem").textContent = "";
    try {
      await what();
    } catch (error) {
      this.#tell("");
      byId("problem").textContent = error.message;
    }
  }
}

const number = (value) => String(Number(value.toPrecision(3)));

function about(info, simd) {
  const engine = simd ? "computed with SIMD" : "computed without SIMD";
  if (info.kind === "image") return `Images of ${info.shape[1]} × ${info.shape[0]}, ${info.shape[2] === 1 ? "grey" : "in colour"}; others are resized. Here ${engine}.`;
  const [length, axes] = info.shape;
  const names = axes > 8 ? `${info.axes.slice(0, 8).join(", ")}, …` : info.axes.join(", ");
  const time = info.frequency ? ` at ${info.frequency} Hz: ${number(length / info.frequency)} s, then every ${number(info.stride / info.frequency)} s` : "";
  return `Windows of ${length} rows of ${names}${time}. Here ${engine}.`;
}
