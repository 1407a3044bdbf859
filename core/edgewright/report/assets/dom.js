// Elements, numbers and arrays. Text only ever becomes a text node: nothing here parses markup.
const ew = { panels: {}, redraw: [] };

ew.el = (name, attributes, ...children) => {
  const svg = ["svg", "g", "path", "rect", "text", "title", "line", "circle", "polyline"].includes(name);
  const node = svg && name !== "title" ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : name === "title" ? document.createElementNS("http://www.w3.org/2000/svg", "title")
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [name, text] of Object.entries(value)) node.style.setProperty(name, text);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat(4)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
};

// {shape, f4} or {shape, u2, low, step} → Float32Array, or an array of rows when the shape has two numbers.
ew.unpack = (packed) => {
  const bytes = Uint8Array.from(atob(packed.f4 || packed.u2 || ""), (c) => c.charCodeAt(0));
  const flat = "u2" in packed ? Float32Array.from(new Uint16Array(bytes.buffer), (steps) => packed.low + steps * packed.step) : new Float32Array(bytes.buffer);
  if (packed.shape.length < 2) return flat;
  const [rows, width] = packed.shape;
  return Array.from({ length: rows }, (_, i) => flat.subarray(i * width, (i + 1) * width));
};

// What windows are called here: an image is one.
ew.units = () => `${(ew.info && ew.info.unit) || "window"}s`;

ew.number = (value, digits = 3) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  if (size >= 1e5 || (size < 1e-3 && size > 0)) return value.toExponential(digits - 1);
  return String(Number(value.toPrecision(size >= 100 ? Math.max(digits, 4) : digits)));
};
ew.percent = (value) => {
  if (value === null || value === undefined) return "–";
  const hundred = value * 100;
  return `${hundred === 0 || hundred >= 9.95 ? hundred.toFixed(hundred === 0 || hundred === 100 ? 0 : 1) : hundred.toPrecision(2)} %`;
};
ew.seconds = (value) => {
  if (value === null || value === undefined) return "–";
  if (value >= 5400) return `${(value / 3600).toFixed(1)} h`;
  if (value >= 90) return `${(value / 60).toFixed(1)} min`;
  if (value >= 1 || value === 0) return `${Number(value.toPrecision(3))} s`;
  return `${Number((value * 1000).toPrecision(2))} ms`;
};
ew.bytes = (value) => value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : value >= 1e3 ? `${(value / 1e3).toFixed(1)} kB` : `${value} B`;

ew.chip = (text, kind) => ew.el("span", { class: `chip ${kind || ""}`, title: text }, text);
ew.state = (normal) => normal === true ? ew.chip("normal", "normal") : normal === false ? ew.chip("abnormal", "abnormal") : ew.chip("unlabelled");

// columns: [title, numeric?]; rows: arrays of text, numbers or nodes.
ew.table = (columns, rows, attributes) => ew.el("div", { class: "scroll" }, ew.el("table", attributes,
  ew.el("thead", {}, ew.el("tr", {}, columns.map(([title, numeric]) => ew.el("th", { class: numeric ? "num" : "", scope: "col" }, title)))),
  ew.el("tbody", {}, rows.map((row) => {
    const cells = row.cells || row;
    return ew.el("tr", row.attributes, cells.map((cell, i) => ew.el("td", { class: columns[i][1] ? "num" : "" }, cell)));
  }))));

ew.select = (label, options, chosen, change) => {
  const box = ew.el("select", { onchange: () => change(box.value) },
    options.map(([value, text]) => ew.el("option", { value, selected: String(value) === String(chosen) }, text)));
  return ew.el("label", { class: "field" }, ew.el("span", {}, label), box);
};
ew.choice = (label, options, chosen, change) => {
  const buttons = options.map(([value, text]) => ew.el("button", {
    type: "button", "aria-pressed": String(value === chosen),
    onclick: (event) => {
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === event.currentTarget)));
      change(value);
    },
  }, text));
  return ew.el("div", { class: "choice", role: "group", "aria-label": label }, buttons);
};

// Signal as lines in a small SVG, or the image that it is: one path an axis, over a common scale; marks are [start, end, strength 0…1] in seconds.
ew.spark = (signal, options = {}) => {
  if (signal.picture) return ew.el("img", { src: `data:image/png;base64,${signal.picture}`, alt: (options.label || "").replace(/^Signal of /, ""), class: "image" });
  const rows = ew.unpack(signal.values), width = 320, height = options.height || 84;
  let low = Infinity, high = -Infinity;
  for (const row of rows) for (const v of row) { if (v < low) low = v; if (v > high) high = v; }
  if (!(high > low)) { low -= 1; high = low + 2; }
  const y = (v) => (height - 3) - (v - low) / (high - low) * (height - 6);
  const marks = (options.marks || []).map(([from, to, strength]) => ew.el("rect", {
    x: from / signal.seconds * width, width: Math.max(1, (to - from) / signal.seconds * width), y: 0, height, class: "mark", opacity: 0.14 + 0.26 * strength,
  }));
  const paths = rows.map((row, axis) => {
    let d = "";
    for (let i = 0; i < row.length; i++) d += `${i ? "L" : "M"}${(i / Math.max(1, row.length - 1) * width).toFixed(1)} ${y(row[i]).toFixed(1)}`;
    return ew.el("path", { d, class: `line c${axis % 8}` });
  });
  return ew.el("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": options.label || "signal" }, marks, paths);
};
