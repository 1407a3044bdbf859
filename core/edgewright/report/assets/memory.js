// The arena of a network: operations from left to right, bytes from bottom to top, a rectangle for each value while it is needed.
ew.panels.memory = (data) => {
  const width = 1080, height = 340, left = 70, bottom = 30, top = 12, count = data.steps.length;
  const x = (step) => left + (width - left - 10) * step / count;
  const y = (bytes) => height - bottom - (height - bottom - top) * bytes / data.arena;
  const alive = (value, step) => value.first <= step && step <= value.last;
  const large = data.values.map((value) => value.size).sort((a, b) => b - a)[Math.min(40, data.values.length) - 1];
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const box = (value) => {
    const w = x(value.last + 1) - x(value.first), h = y(value.offset) - y(value.offset + value.size);
    return ew.el("g", { class: `value${alive(value, data.peak) ? " peak" : ""}` },
      ew.el("title", {}, `${cut(value.name, 80)}: ${ew.bytes(value.size)} from byte ${value.offset} on, ${value.first === value.last ? `step ${value.first}` : `steps ${value.first} to ${value.last}`}`),
      ew.el("rect", { x: x(value.first), y: y(value.offset + value.size), width: Math.max(w, 0.5), height: Math.max(h, 0.5) }),
      value.size >= large && w > 60 && h > 14 ? ew.el("text", { x: x(value.first) + 5, y: y(value.offset + value.size / 2) + 4 }, cut(value.name, Math.floor(w / 7))) : null);
  };
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => ew.el("g", { class: "mark" },
    ew.el("line", { x1: left, x2: width - 10, y1: y(share * data.arena), y2: y(share * data.arena) }),
    ew.el("text", { x: left - 8, y: y(share * data.arena) + 4, "text-anchor": "end" }, ew.bytes(Math.round(share * data.arena)))));
  const middle = x(data.peak + 0.5);
  const needed = data.values.filter((value) => alive(value, data.peak)).sort((a, b) => b.size - a.size);
  return [
    ew.el("p", { class: "lead" }, "An arena of ", ew.el("b", {}, ew.bytes(data.arena)), " for all values between the network's operations, and ", ew.el("b", {}, ew.bytes(data.weights)), ` of weights, which stay in flash. ${count - 1} operations.${data.repeated > 0 ? ` They go in bands through wide values, which costs ${ew.percent(data.repeated)} more multiply-adds.` : ""}`),
    ew.el("div", { class: "scroll" }, ew.el("svg", { class: "memory", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Memory map: ${data.values.length} values in ${ew.bytes(data.arena)}` },
      marks, data.values.map(box),
      ew.el("line", { class: "at", x1: middle, x2: middle, y1: top - 6, y2: height - bottom }),
      ew.el("text", { class: "axis", x: left, y: height - 8 }, "first operation"),
      ew.el("text", { class: "axis", x: width - 10, y: height - 8, "text-anchor": "end" }, "last operation"))),
    ew.el("p", { class: "note" }, `Most is needed in step ${data.peak}: ${cut(data.steps[data.peak], 100)}, ${ew.bytes(data.live[data.peak])}. Values that are never needed together share bytes; what is needed there is highlighted.`),
    ew.el("details", {}, ew.el("summary", {}, `The ${needed.length} values that are needed there`),
      ew.table([["value"], ["size", true], ["from byte", true], ["steps", true]], needed.slice(0, 100).map((value) => [cut(value.name, 80), ew.bytes(value.size), value.offset, `${value.first}–${value.last}`]))),
  ];
};
