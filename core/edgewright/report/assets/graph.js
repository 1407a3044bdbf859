// The impulse as a graph: data, then every node behind what it reads, with what the run did for it.
ew.graph = (info) => {
  const nodes = [{ id: "data", type: "data", block: "", inputs: [] }, ...info.nodes];
  const known = new Map(nodes.map((node) => [node.id, node]));
  const learners = nodes.filter((node) => node.type === "learning").map((node) => node.id);
  const inputs = (node) => {
    if (node.type === "data") return [];
    const own = node.inputs.map((id) => id.split("/")[0]).map((id) => (id === "input" ? "data" : id)).filter((id) => known.has(id) && id !== node.id);
    if (node.type === "deployment") return learners.length ? learners : nodes.filter((other) => other.type === "processing").map((other) => other.id);
    return own.length ? own : ["data"];
  };
  const depth = new Map();
  const deep = (node, path) => {
    if (depth.has(node.id)) return depth.get(node.id);
    if (path.includes(node.id)) return 0;
    const found = Math.max(-1, ...inputs(node).map((id) => deep(known.get(id), [...path, node.id]))) + 1;
    depth.set(node.id, found);
    return found;
  };
  nodes.forEach((node) => deep(node, []));
  const last = Math.max(...depth.values());
  nodes.filter((node) => node.type === "deployment").forEach((node) => depth.set(node.id, last));
  const layers = Array.from({ length: last + 1 }, (_, d) => nodes.filter((node) => depth.get(node.id) === d));
  const w = 204, h = 74, gx = 36, gy = 18, tallest = Math.max(...layers.map((layer) => layer.length));
  const height = tallest * (h + gy) - gy + 8, width = layers.length * (w + gx) - gx + 8;
  const place = new Map();
  layers.forEach((layer, x) => layer.forEach((node, y) => {
    place.set(node.id, [4 + x * (w + gx), 4 + (height - 8 - (layer.length * (h + gy) - gy)) / 2 + y * (h + gy)]);
  }));
  const edges = nodes.flatMap((node) => inputs(node).map((id) => {
    const [x0, y0] = place.get(id), [x1, y1] = place.get(node.id), a = x0 + w, b = y0 + h / 2, c = y1 + h / 2;
    return ew.el("path", { class: "edge", d: `M${a} ${b}C${a + gx / 2} ${b} ${x1 - gx / 2} ${c} ${x1 - 2} ${c}` });
  }));
  const cut = (text, most) => (Array.from(text).length > most ? Array.from(text).slice(0, most - 1).join("") + "…" : text);
  const boxes = nodes.map((node) => {
    const [x, y] = place.get(node.id), time = info.times[node.id] || {};
    const state = time.failed ? "failed" : time.ran ? "ran" : time.hit ? "hit" : "skipped";
    const did = [time.failed && `${time.failed} failed`, time.ran && `${time.ran} ran`, time.hit && `${time.hit} from store`, time.skipped && `${time.skipped} skipped`].filter(Boolean).join(", ") || "not run";
    return ew.el("g", { class: `node ${node.type} ${state}`, transform: `translate(${x} ${y})` },
      ew.el("title", {}, `${node.id} (${node.block || "data"}): ${did}`),
      ew.el("rect", { width: w, height: h, rx: 9 }), ew.el("rect", { class: "bar", x: 0, y: 12, width: 4, height: h - 24, rx: 2 }),
      ew.el("text", { class: "kind", x: 16, y: 20 }, node.type), ew.el("text", { class: "name", x: 16, y: 39 }, cut(node.id, 22)),
      ew.el("text", { class: "did", x: 16, y: 59 }, cut(`${node.block && node.block !== node.id ? `${node.block} · ` : ""}${did}`, 31)),
      ew.el("text", { class: "time", x: w - 12, y: 20, "text-anchor": "end" }, time.seconds === undefined ? "" : ew.seconds(time.seconds)));
  });
  return ew.el("div", { class: "scroll" }, ew.el("svg", { class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "Graph of the impulse" }, edges, boxes));
};

ew.tasks = (info) => ew.el("details", {}, ew.el("summary", {}, `Slowest tasks`),
  ew.table([["task"], ["status"], ["time", true]], info.tasks.slice(0, 20).map((task) => [
    ew.el("code", {}, task.id), ew.chip(task.status === "hit" ? "from store" : task.status, task.status), ew.seconds(task.seconds),
  ])));
