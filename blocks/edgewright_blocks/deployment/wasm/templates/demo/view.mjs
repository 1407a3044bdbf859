// SPDX-License-Identifier: 0BSD
// What the page shows: the decision of one window, each output with its threshold, and all windows as a line and a table.
import { drawScores, nearest } from "./chart.mjs";

const ROWS = 1000; // of the table
const KINDS = { anomaly: "anomaly", classification: "class", regression: "number" };

/** An HTML element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);
const short = (value) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(Number(value.toPrecision(4))));
const none = (value) => Math.abs(value) > 1e38; // how an output without a threshold is stored

function paint(canvas, image) {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

export class View {
  #info;
  #classifier;
  #results = [];
  #cards;
  #image;
  #stream; // results are of one recording, not of windows of their own
  chosen = 0;

  constructor(info, classifier, changed) {
    this.#info = info;
    this.#classifier = classifier;
    this.#cards = info.outputs.map((_, i) => new Card(info, i, classifier, changed, (at) => this.show(at)));
    byId("outputs").replaceChildren(...this.#cards.map((card) => card.section));
    byId("window").oninput = () => this.show(Number(byId("window").value));
    byId("all").ontoggle = () => this.#table();
  }

  /** Forget what was shown. */
  begin({ image, stream }) {
    this.#results = [];
    this.#image = image;
    this.#stream = stream;
    this.chosen = 0;
    byId("image").hidden = !image;
    if (image) paint(byId("image"), image);
  }

  /** Take one more result, of at most `kept`. */
  add(result, kept = Infinity) {
    this.#results.push(result);
    if (this.#results.length > kept) this.#results.shift();
  }

  /** Show result number `at`, or the last there is. */
  show(at) {
    const last = this.#results.length - 1;
    byId("said").hidden = byId("all").hidden = last < 0;
    byId("outputs").hidden = last < 0;
    if (last < 0) return;
    this.chosen = Math.min(at, last);
    const result = this.#results[this.chosen];
    const slider = byId("window");
    byId("choice").hidden = last === 0;
    slider.max = last;
    slider.value = this.chosen;
    slider.ariaValueText = this.#place(this.chosen);
    const decision = byId("decision");
    const text = result.label ?? short(result.outputs[0].score);
    if (decision.textContent !== text) decision.textContent = text;
    decision.className = result.decision ? "odd" : result.label === null || result.label === "uncertain" ? "none" : "";
    byId("place").textContent = last ? this.#place(this.chosen) : "";
    this.#cards.forEach((card, i) => card.show(this.#results.map((one) => one.outputs[i]), this.chosen, this.#image));
    this.#table();
  }

  /** One sentence on all results. */
  summary(name) {
    const count = this.#results.length;
    const said = new Map();
    this.#results.forEach(({ label }) => label !== null && said.set(label, (said.get(label) ?? 0) + 1));
    if (this.#image) return `${name}: ${[...said.keys()].join() || short(this.#results[0].outputs[0].score)}.`;
    const parts = [...said].sort((a, b) => b[1] - a[1]).map(([label, times]) => `${label} ${times}`);
    return `${count} window${count === 1 ? "" : "s"} of ${name}${parts.length ? `: ${parts.join(", ")}` : ""}.`;
  }

  #place(at) {
    const { frequency } = this.#info;
    const when = this.#stream && frequency ? `, from ${short(this.#results[at].start / frequency)} s` : "";
    return `Window ${at + 1} of ${this.#results.length}${when}`;
  }

  #table() {
    const table = byId("all").querySelector("table");
    if (!byId("all").open) return table.replaceChildren();
    const head = ["Window", "Result", ...this.#info.outputs.flatMap(({ name, kind }) => (kind === "anomaly" ? [`${name}: score`, "p"] : [name]))];
    const rows = this.#results.slice(0, ROWS).map((result, i) => {
      const cells = result.outputs.flatMap((output) => (output.kind === "anomaly" ? [short(output.score), output.pValue === null ? "–" : short(output.pValue)] : [short(output.score)]));
      return element("tr", {}, ...[i + 1, result.label ?? "", ...cells].map((cell) => element("td", {}, String(cell))));
    });
    table.replaceChildren(
      element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
      element("tbody", {}, ...rows),
    );
  }
}

/** One output: its numbers, its threshold, its scores over time, and what made them. */
class Card {
  #output;
  #shape;
  #index;
  #classifier;
  #low = Infinity;
  #high = -Infinity;

  constructor(info, index, classifier, changed, chosen) {
    const output = info.outputs[index];
    this.#output = output;
    this.#shape = info.shape;
    this.#index = index;
    this.#classifier = classifier;
    const title = element("h3", { id: `output-${index}` }, output.name);
    this.facts = element("dl", { className: "facts" });
    this.chart = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.chart.onclick = (event) => chosen(nearest(this.chart, event));
    this.what = element("h4", { id: `bars-${index}` });
    this.bars = element("ul", { className: "bars" });
    this.bars.setAttribute("aria-labelledby", this.what.id);
    this.map = element("div", { className: "map", hidden: true });
    const header = element("header", {}, title, element("small", {}, KINDS[output.kind]));
    this.section = element("section", { className: "output" }, header, this.facts, this.chart, this.what, this.bars, this.map);
    this.section.setAttribute("aria-labelledby", title.id);
    if (output.kind !== "regression") this.chart.before(this.#threshold(changed));
    if (output.kind === "classification") this.#reach(0, 1);
  }

  #threshold(changed) {
    const trained = this.#classifier.getThreshold(this.#index);
    const name = `Threshold of ${this.#output.name}`;
    this.slider = element("input", { type: "range", step: "any", ariaLabel: `${name}, slider` });
    this.number = element("input", { type: "number", step: "any", ariaLabel: name });
    const set = (value) => {
      if (!Number.isFinite(value)) return;
      this.#classifier.setThreshold(value, this.#index);
      changed();
    };
    this.slider.oninput = () => set(this.slider.valueAsNumber);
    this.number.onchange = () => set(this.number.valueAsNumber);
    const reset = element("button", { type: "button", onclick: () => set(trained) }, "As trained");
    if (!none(trained)) this.#reach(trained, trained);
    return element("fieldset", { className: "threshold" }, element("legend", {}, "Threshold"), this.slider, this.number, reset);
  }

  // How far the slider reaches: over all scores there were, and some way beyond.
  #reach(low, high) {
    if (low >= this.#low && high <= this.#high) return;
    this.#low = Math.min(low, this.#low);
    this.#high = Math.max(high, this.#high);
    const beyond = this.#output.kind === "classification" ? 0 : 0.15 * (this.#high - this.#low) || Math.abs(this.#high) || 1;
    this.slider.min = this.#low - beyond;
    this.slider.max = this.#high + beyond;
  }

  show(outputs, chosen, image) {
    const output = outputs[chosen];
    const facts = [["Score", short(output.score)]];
    if (output.pValue !== null) facts.push(["p-value", short(output.pValue)]);
    if (output.drift !== null) facts.push([output.drifting ? "Drift: other than in training" : "Drift", short(output.drift)]);
    this.facts.replaceChildren(...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
    if (this.slider) {
      const threshold = this.#classifier.getThreshold(this.#index);
      for (const { score } of outputs) this.#reach(score, score);
      this.slider.value = threshold;
      this.slider.ariaValueText = none(threshold) ? "none" : short(threshold);
      if (document.activeElement !== this.number) this.number.value = none(threshold) ? "" : short(threshold);
    }
    drawScores(this.chart, outputs, chosen, this.#output);
    this.#bars(output);
    this.#map(output.map, image);
  }

  #bars(output) {
    const classes = Object.entries(output.classes).map(([label, value]) => ({ label, value }));
    const shown = classes.length ? classes.sort((a, b) => b.value - a.value).slice(0, 8) : output.contributions;
    const largest = classes.length ? 1 : Math.max(...shown.map(({ value }) => value), 1e-30);
    this.what.textContent = classes.length ? "Probabilities" : "Largest contributions to the score";
    this.what.hidden = shown.length === 0;
    this.bars.replaceChildren(...shown.map(({ label, value }) => {
      const bar = element("i");
      bar.style.width = `${Math.max(0, (100 * value) / largest)}%`;
      return element("li", {}, element("span", {}, label), bar, element("b", {}, short(value)));
    }));
  }

  #seen(image) {
    const [height, width, channels] = this.#shape;
    const window = this.#classifier.imageWindow(image);
    const seen = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      const [red, green = red, blue = red] = window.subarray(i * channels, (i + 1) * channels);
      seen.data.set([red, green, blue, 255], 4 * i);
    }
    return seen;
  }

  // The map of an image over the image: the more anomalous a place, the redder, on one scale for all images, so that a good
  // one looks calm.
  #map(map, image) {
    this.map.hidden = !map;
    if (!map) return;
    const { low, high } = this.#output.mapScale || { low: Math.min(...map.values), high: Math.max(...map.values) };
    const pixels = new ImageData(map.width, map.height);
    map.values.forEach((value, i) => {
      pixels.data.set([220, 50, 20, 200 * Math.min(1, Math.max(0, (value - low) / (high - low || 1))) ** 1.5], 4 * i);
    });
    // Under it what the impulse sees: of some images only the middle, or with borders.
    const layers = [image && this.#seen(image), pixels].filter(Boolean).map((data) => paint(element("canvas", { ariaHidden: "true" }), data));
    if (layers.length > 1) layers[1].style.aspectRatio = `${layers[0].width} / ${layers[0].height}`;
    this.map.role = "img";
    this.map.ariaLabel = `Map of scores from ${short(low)} to ${short(high)}`;
    this.map.replaceChildren(...layers);
  }
}
