// SPDX-License-Identifier: 0BSD
// Scores of one output over its windows, as SVG: a line, a dot or a triangle a window, and the threshold.
const HEIGHT = 144, LEFT = 52, RIGHT = 8, EDGE = 12;
const MOST_MARKS = 400;

function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Draw `outputs` into `chart`, the chosen one marked; nothing for a single window. */
export function drawScores(chart, outputs, chosen, { name, kind }) {
  chart.toggleAttribute("hidden", outputs.length < 2);
  if (outputs.length < 2) return;
  chart.setAttribute("class", "scores");
  const width = chart.clientWidth || 640;
  const values = outputs.map(({ smoothed }) => smoothed);
  const threshold = kind === "regression" || Math.abs(outputs[0].threshold) > 1e38 ? null : outputs.at(-1).threshold;
  const shown = kind === "classification" ? [0, 1] : threshold === null ? values : [...values, threshold];
  const low = shown.reduce((a, b) => Math.min(a, b)), high = shown.reduce((a, b) => Math.max(a, b));
  const x = (i) => LEFT + ((width - LEFT - RIGHT) * i) / (outputs.length - 1);
  const y = (value) => HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * (value - low)) / (high - low || 1);
  const odd = outputs.map(({ decision }) => (kind === "anomaly" ? decision === 1 : decision === -1));
  const parts = [svg("line", { class: "chosen", x1: x(chosen), x2: x(chosen), y1: 0, y2: HEIGHT })];
  if (threshold !== null) parts.push(svg("line", { class: "limit", x1: LEFT, x2: width - RIGHT, y1: y(threshold), y2: y(threshold) }));
  parts.push(svg("polyline", { class: "line", points: values.map((value, i) => `${x(i)},${y(value)}`).join(" ") }));
  values.forEach((value, i) => {
    if (odd[i]) parts.push(svg("path", { class: "odd", d: `M${x(i) - 4},${y(value) + 4}h8l-4,-8z` }));
    else if (values.length <= MOST_MARKS) parts.push(svg("circle", { cx: x(i), cy: y(value), r: 2.5 }));
  });
  for (const value of new Set([low, high])) {
    parts.push(svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, Number(value.toPrecision(3))));
  }
  chart.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  chart.setAttribute("role", "img");
  const told = kind === "regression" ? "" : `, ${odd.filter(Boolean).length} ${kind === "anomaly" ? "above" : "below"} the threshold`;
  chart.setAttribute("aria-label", `${name} over ${outputs.length} windows${told}`);
  chart.dataset.count = outputs.length;
  chart.replaceChildren(...parts);
}

/** Number of the window that a click on `chart` means. */
export function nearest(chart, event) {
  const { left, width } = chart.getBoundingClientRect();
  const share = (event.clientX - left - LEFT) / (width - LEFT - RIGHT);
  const last = Number(chart.dataset.count) - 1;
  return Math.min(last, Math.max(0, Math.round(share * last)));
}
