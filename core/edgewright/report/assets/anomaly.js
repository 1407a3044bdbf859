// The anomaly explorer: known clusters in blue; the windows of the chosen test sample in orange.
ew.panels.anomaly = (data) => {
  const known = ew.unpack(data.known), balls = data.balls.shape[0] ? ew.unpack(data.balls) : [], radii = ew.unpack(data.radii);
  const places = data.samples.map((sample) => ew.unpack(sample.places));
  const state = { axes: data.begin.slice(), sample: 0, window: null, all: false, filter: "", toward: data.dimensions.length > 3 };
  while (state.axes.length < 2) state.axes.push(Math.min(state.axes.length, data.dimensions.length - 1));
  const abnormal = data.samples.findIndex((sample) => sample.normal === false);
  state.sample = Math.max(0, abnormal);
  const distance = data.has_edge ? "distance from edge" : "score";

  // A direction is the number of a dimension or a unit vector; columns are one array a dimension.
  const project = (columns, direction) => {
    if (typeof direction === "number") return columns[direction];
    const found = new Float32Array(columns[0].length);
    direction.forEach((weight, d) => { for (let i = 0; i < found.length; i++) found[i] += weight * columns[d][i]; });
    return found;
  };
  const dot = (p, q) => p.reduce((sum, value, i) => sum + value * q[i], 0);
  const unit = (vector) => { const size = Math.hypot(...vector); return size > 1e-9 ? vector.map((value) => value / size) : null; };
  const mean = (columns) => columns.map((column) => column.reduce((sum, value) => sum + value, 0) / Math.max(1, column.length));
  // From the nearest cluster straight to the sample, and the direction across it in which known windows differ most.
  // Both have length 1 and a right angle between them, so balls keep their radius and nothing looks nearer than it is along x.
  const toward = (place) => {
    const target = mean(place), centre = mean(known);
    let from = centre, best = Infinity;
    balls.forEach((ball, i) => { const edge = Math.hypot(...target.map((v, d) => v - ball[d])) - radii[i]; if (edge < best) { best = edge; from = Array.from(ball); } });
    const n = target.length, first = (k) => target.map((_, d) => (d === k ? 1 : 0));
    const x = unit(target.map((v, d) => v - from[d])) || first(0);
    const flat = (vector) => { const along = dot(vector, x); return vector.map((v, d) => v - along * x[d]); };
    let y = unit(flat(first(n > 1 && Math.abs(x[0]) > 0.9 ? 1 : 0))) || first(Math.min(1, n - 1));
    for (let round = 0; round < 12; round++) {
      const along = project(known, y), shift = dot(centre, y);
      y = unit(flat(known.map((column, d) => { let sum = 0; for (let i = 0; i < column.length; i++) sum += (along[i] - shift) * (column[i] - centre[d]); return sum; }))) || y;
    }
    return [x, y];
  };

  const map = () => {
    const sample = data.samples[state.sample];
    const [u, v] = state.toward ? toward(places[state.sample]) : state.axes;
    const columnsOf = (columns) => [project(columns, u), project(columns, v)];
    const seen = columnsOf(known), all = places.map(columnsOf), place = all[state.sample];
    const along = (centre, direction) => (typeof direction === "number" ? centre[direction] : dot(Array.from(centre), direction));
    const discs = balls.map((centre) => [along(centre, u), along(centre, v)]);
    const others = { x: [], y: [], text: [], customdata: [] };
    data.samples.forEach((other, s) => {
      if (s === state.sample) return;
      for (let i = 0; i < other.scores.length; i++) {
        others.x.push(all[s][0][i]); others.y.push(all[s][1][i]); others.customdata.push([s, i]);
        others.text.push(`<b>${ew.short(other.name, 60)}</b><br>${distance} ${ew.number(other.scores[i])}`);
      }
    });
    const hover = sample.scores.map((score, i) => `<b>${ew.short(sample.name, 60)}</b> at ${sample.start[i]} s<br>${distance} ${ew.number(score)} (${sample.flags[i] ? "above" : "below"} ${ew.number(data.threshold)})<br>p = ${ew.number(sample.p[i])}`);
    const range = (axis) => {
      let low = Infinity, high = -Infinity;
      const take = (values) => { for (const v of values) { if (v < low) low = v; if (v > high) high = v; } };
      take(seen[axis]); take(place[axis]);
      discs.forEach((disc, i) => take([disc[axis] - radii[i], disc[axis] + radii[i]]));
      if (state.all) all.forEach((other) => take(other[axis]));
      const pad = (high - low || 1) * 0.06;
      return [low - pad, high + pad];
    };
    const blue = ew.colour("known"), orange = ew.colour("test");
    const shapes = discs.map(([x, y], i) => ({
      type: "circle", xref: "x", yref: "y", layer: "below", x0: x - radii[i], x1: x + radii[i], y0: y - radii[i], y1: y + radii[i],
      fillcolor: blue, opacity: discs.length > 12 ? 0.07 : 0.13, line: { color: blue, width: 1.5 },
    }));
    const traces = [
      { type: "scatter", mode: "markers", name: `known ${ew.units()}`, x: Array.from(seen[0]), y: Array.from(seen[1]), hoverinfo: "skip", marker: { color: blue, size: 4, opacity: 0.4 } },
      { type: "scatter", mode: "markers", name: `other test ${ew.units()}`, ...others, hoverinfo: "text", marker: { color: ew.colour("muted"), size: 4, opacity: 0.45 } },
      { type: "scatter", mode: "markers", name: ew.short(sample.name, 40), x: Array.from(place[0]), y: Array.from(place[1]), text: hover, hoverinfo: "text", customdata: sample.scores.map((_, i) => [state.sample, i]),
        marker: { opacity: 0.95, color: orange, size: sample.scores.map((_, i) => (i === state.window ? 15 : 9)), symbol: sample.flags.map((flag) => (flag ? "circle" : "circle-open")), line: { color: sample.scores.map((_, i) => (i === state.window ? ew.colour("ink") : orange)), width: sample.scores.map((_, i) => (i === state.window ? 2.5 : 1.5)) } } },
    ];
    if (discs.length) traces.splice(1, 0, { type: "scatter", mode: "markers", name: "cluster centres", x: discs.map((disc) => disc[0]), y: discs.map((disc) => disc[1]), text: discs.map((_, i) => `cluster ${i + 1}<br>radius ${ew.number(radii[i])}, ${ew.number(data.sizes[i])} windows`), hoverinfo: "text", marker: { color: blue, size: 8, symbol: "cross-thin", line: { color: blue, width: 2 } } });
    const titles = state.toward ? [`towards ${sample.name}`, "across"] : state.axes.map((axis) => data.dimensions[axis]);
    return { data: traces, layout: ew.layout({ shapes, uirevision: `${state.toward} ${state.axes} ${state.sample} ${state.all}`, xaxis: ew.axis(`${titles[0]} (standard deviations)`, { range: range(0) }), yaxis: ew.axis(`${titles[1]} (standard deviations)`, { range: range(1), scaleanchor: "x" }) }) };
  };

  const time = () => {
    const sample = data.samples[state.sample], rows = ew.unpack(sample.signal.values), orange = ew.colour("test");
    const at = (i, count) => (count > 1 ? i / (count - 1) * sample.signal.seconds : 0);
    const traces = rows.map((row, i) => ({ type: "scatter", mode: "lines", name: ew.short(data.axes[i], 24), x: Array.from(row, (_, k) => at(k, row.length)), y: Array.from(row), line: { width: 1.3, color: ew.series(i) }, hoverinfo: "x+y+name", yaxis: "y2" }));
    const middle = sample.start.map((start) => start + data.window_seconds / 2);
    traces.push({ type: "scatter", mode: "lines+markers", name: distance, showlegend: false, x: middle, y: sample.scores, text: sample.scores.map((s) => `${distance} ${ew.number(s)}`), hoverinfo: "text", customdata: sample.scores.map((_, i) => [state.sample, i]), line: { color: ew.colour("muted"), width: 1 }, marker: { opacity: 1, size: sample.scores.map((_, i) => (i === state.window ? 11 : 6)), color: sample.flags.map((flag) => (flag ? orange : ew.colour("known"))) } });
    const shapes = [{ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: data.threshold, y1: data.threshold, line: { color: ew.colour("ink"), width: 1.2, dash: "dash" } }];
    let open = null; // neighbouring anomalous windows make one band
    const band = () => open && shapes.push({ type: "rect", xref: "x", yref: "paper", x0: open[0], x1: open[1], y0: 0, y1: 1, fillcolor: orange, opacity: 0.12, line: { width: 0 }, layer: "below" });
    sample.flags.forEach((flag, i) => {
      if (!flag) return;
      const [from, to] = [sample.start[i], sample.start[i] + data.window_seconds];
      if (open && from <= open[1] + 1e-9) open[1] = Math.max(open[1], to); else { band(); open = [from, to]; }
    });
    band();
    if (state.window !== null) shapes.push({ type: "rect", xref: "x", yref: "paper", x0: sample.start[state.window], x1: sample.start[state.window] + data.window_seconds, y0: 0, y1: 1, line: { color: ew.colour("ink"), width: 1.5 }, layer: "above" });
    return { data: traces, layout: ew.layout({ shapes, xaxis: ew.axis("seconds", { anchor: "y", range: [0, sample.signal.seconds] }), yaxis: ew.axis(distance, { domain: [0, 0.34] }), yaxis2: ew.axis("signal", { domain: [0.42, 1] }) }) };
  };

  const choose = (sample, window = null) => {
    if (sample === state.sample && window === state.window) return;
    const fresh = sample !== state.sample;
    state.sample = sample; state.window = window;
    draw(fresh);
  };
  const pick = (point) => point.customdata && choose(point.customdata[0], point.customdata[1]);
  const chart = ew.chart(`Clusters and ${ew.units()}`, 480, map, pick);
  const images = Boolean(data.samples[0].signal.picture);
  const signal = images ? ew.el("figure", {}) : ew.chart("Signal and scores of the chosen sample", 380, time, pick);
  const show = () => (images ? signal.replaceChildren(ew.spark(data.samples[state.sample].signal, { label: data.samples[state.sample].name })) : signal.draw());
  const detail = ew.el("div", { class: "detail" });
  const list = ew.el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Test samples", onkeydown: (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (!step) return;
    event.preventDefault();
    const shown = visible(), here = shown.indexOf(state.sample);
    if (shown.length) choose(shown[Math.max(0, Math.min(shown.length - 1, here + step))]);
  } });
  const visible = () => data.samples.map((_, i) => i).filter((i) => `${data.samples[i].name} ${data.samples[i].label}`.toLowerCase().includes(state.filter));
  const fill = () => list.replaceChildren(...visible().map((i) => {
    const sample = data.samples[i];
    return ew.el("div", { class: "option", role: "option", id: `${data.node}-option-${i}`, "data-sample": i, "aria-selected": String(i === state.sample), onclick: () => { choose(i); list.focus(); } },
      ew.el("span", { class: "name", title: sample.file || sample.name }, sample.name), ew.el("span", { class: "dim" }, sample.label),
      ew.el("span", { class: `score ${sample.anomalous ? "over" : ""}` }, ew.number(sample.score)));
  }));
  const draw = (fresh = true) => {
    const sample = data.samples[state.sample], over = sample.flags.filter(Boolean).length;
    if (fresh) {
      for (const option of list.children) {
        const on = Number(option.dataset.sample) === state.sample;
        option.setAttribute("aria-selected", String(on));
        if (on) { list.scrollTop = Math.max(0, option.offsetTop - list.clientHeight / 2); list.setAttribute("aria-activedescendant", option.id); }
      }
    }
    const wrong = sample.normal !== null && sample.normal === sample.anomalous;
    const rows = sample.scores.map((score, i) => ({
      attributes: { class: i === state.window ? "chosen" : "", tabindex: "0", onclick: () => choose(state.sample, i), onkeydown: (event) => event.key === "Enter" && choose(state.sample, i) },
      cells: [images ? sample.name : `${ew.number(sample.start[i], 4)} s`, ew.number(score), ew.number(sample.p[i]), ew.chip(sample.flags[i] ? "anomalous" : "normal", sample.flags[i] ? "test" : "known"),
        (sample.reasons[i] || []).map(([label, value]) => ew.el("span", { class: "reason" }, label, " ", ew.el("b", {}, ew.number(value, 2))))],
    }));
    detail.replaceChildren(
      ew.el("p", { class: "headline" }, ew.el("b", {}, sample.name), " ", ew.chip(sample.label), " ", ew.state(sample.normal), " ", ew.chip(sample.anomalous ? "decided anomalous" : "decided normal", wrong ? "abnormal" : sample.anomalous ? "test" : "known"),
        ew.el("span", { class: "dim" }, `${images ? "" : ` ${over} of ${sample.scores.length} windows above the`} threshold ${ew.number(data.threshold)}, score ${ew.number(sample.score)}`)),
      ew.el("div", { class: "windows" }, ew.table([[images ? "image" : "window at", !images], [distance, true], ["p", true], ["decision"], [sample.reasons.length ? "what stands out" : ""]], rows.slice(0, 500))));
    chart.draw(); show();
  };
  fill(); draw();
  const options = data.dimensions.map((name, i) => [i, name]);
  const axes = ["x", "y"].map((name, i) => ew.select(name, options, state.axes[i], (value) => { state.axes[i] = Number(value); chart.draw(); }));
  const look = (value) => { state.toward = value; axes.forEach((axis) => { axis.hidden = value; }); };
  const view = data.dimensions.length > 2 ? ew.choice("View", [[true, "towards the sample"], [false, "two features"]], state.toward, (value) => { look(value); chart.draw(); }) : null;
  look(state.toward);
  const shown = data.samples.length < data.samples_total ? ` ${data.samples.length} of ${data.samples_total} samples are here, spread over the ranking.` : "";
  return [
    ew.el("div", { class: "controls" },
      view, axes[0], axes[1],
      ew.choice("Range", [[false, "fit known + chosen"], [true, "fit everything"]], false, (value) => { state.all = value; chart.draw(); })),
    ew.el("div", { class: "explorer" },
      ew.el("div", { class: "side" }, ew.el("input", { type: "search", placeholder: `Find among ${data.samples.length} ${data.split} samples`, "aria-label": "Find a sample", oninput: (event) => { state.filter = event.target.value.toLowerCase(); fill(); } }), list),
      chart),
    detail, signal,
    ew.el("p", { class: "note" }, data.has_edge ? "Circles are clusters at their size. “Towards the sample” looks along the line from the nearest cluster to the chosen sample, where most of its distance shows; along two features a window may lie inside a circle and yet outside in the other directions. A distance below 0 is inside a cluster. " : "Axes are the model's input features, standardised by the training windows. ",
      "Choose a sample from the list or by clicking a point; arrow keys walk through the list.", shown,
      data.dimensions.length < data.dimensions_total ? ` Of ${data.dimensions_total} features the ${data.dimensions.length} that tell known and test ${ew.units()} apart best are drawn; distances count all.` : ""),
  ];
};
