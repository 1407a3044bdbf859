// The anomaly explorer: known clusters in blue; the windows of the chosen test sample in orange.
ew.panels.anomaly = (data) => {
  const known = ew.unpack(data.known), balls = data.balls.shape[0] ? ew.unpack(data.balls) : [], radii = ew.unpack(data.radii);
  const places = data.samples.map((sample) => ew.unpack(sample.places));
  const state = { axes: data.begin.slice(), sample: 0, window: null, all: false, filter: "" };
  while (state.axes.length < 2) state.axes.push(Math.min(state.axes.length, data.dimensions.length - 1));
  const abnormal = data.samples.findIndex((sample) => sample.normal === false);
  state.sample = Math.max(0, abnormal);
  const distance = data.has_edge ? "distance from edge" : "score";

  const map = () => {
    const [a, b] = state.axes, sample = data.samples[state.sample], place = places[state.sample];
    const others = { x: [], y: [], text: [], customdata: [] };
    data.samples.forEach((other, s) => {
      if (s === state.sample) return;
      for (let i = 0; i < other.scores.length; i++) {
        others.x.push(places[s][a][i]); others.y.push(places[s][b][i]); others.customdata.push([s, i]);
        others.text.push(`<b>${ew.short(other.name, 60)}</b><br>${distance} ${ew.number(other.scores[i])}`);
      }
    });
    const hover = sample.scores.map((score, i) => `<b>${ew.short(sample.name, 60)}</b> at ${sample.start[i]} s<br>${distance} ${ew.number(score)} (${sample.flags[i] ? "above" : "below"} ${ew.number(data.threshold)})<br>p = ${ew.number(sample.p[i])}`);
    const range = (axis) => {
      let low = Infinity, high = -Infinity;
      const take = (values) => { for (const v of values) { if (v < low) low = v; if (v > high) high = v; } };
      take(known[axis]); take(place[axis]);
      balls.forEach((centre, i) => take([centre[axis] - radii[i], centre[axis] + radii[i]]));
      if (state.all) places.forEach((all) => take(all[axis]));
      const pad = (high - low || 1) * 0.06;
      return [low - pad, high + pad];
    };
    const blue = ew.colour("known"), orange = ew.colour("test");
    const shapes = balls.map((centre, i) => ({
      type: "circle", xref: "x", yref: "y", layer: "below", x0: centre[a] - radii[i], x1: centre[a] + radii[i], y0: centre[b] - radii[i], y1: centre[b] + radii[i],
      fillcolor: blue, opacity: 0.13, line: { color: blue, width: 1.5 },
    }));
    const traces = [
      { type: "scatter", mode: "markers", name: "known windows", x: Array.from(known[a]), y: Array.from(known[b]), hoverinfo: "skip", marker: { color: blue, size: 4, opacity: 0.4 } },
      { type: "scatter", mode: "markers", name: "other test windows", ...others, hoverinfo: "text", marker: { color: ew.colour("muted"), size: 4, opacity: 0.45 } },
      { type: "scatter", mode: "markers", name: ew.short(sample.name, 40), x: Array.from(place[a]), y: Array.from(place[b]), text: hover, hoverinfo: "text", customdata: sample.scores.map((_, i) => [state.sample, i]),
        marker: { opacity: 0.95, color: orange, size: sample.scores.map((_, i) => (i === state.window ? 15 : 9)), symbol: sample.flags.map((flag) => (flag ? "circle" : "circle-open")), line: { color: sample.scores.map((_, i) => (i === state.window ? ew.colour("ink") : orange)), width: sample.scores.map((_, i) => (i === state.window ? 2.5 : 1.5)) } } },
    ];
    if (balls.length) traces.splice(1, 0, { type: "scatter", mode: "markers", name: "cluster centres", x: balls.map((c) => c[a]), y: balls.map((c) => c[b]), text: balls.map((_, i) => `cluster ${i + 1}<br>radius ${ew.number(radii[i])}, ${ew.number(data.sizes[i])} windows`), hoverinfo: "text", marker: { color: blue, size: 8, symbol: "cross-thin", line: { color: blue, width: 2 } } });
    return { data: traces, layout: ew.layout({ shapes, uirevision: `${a} ${b} ${state.sample} ${state.all}`, xaxis: ew.axis(`${data.dimensions[a]} (standard deviations)`, { range: range(a) }), yaxis: ew.axis(`${data.dimensions[b]} (standard deviations)`, { range: range(b), scaleanchor: "x" }) }) };
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
  const chart = ew.chart("Clusters and windows", 480, map, pick);
  const signal = ew.chart("Signal and scores of the chosen sample", 380, time, pick);
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
      cells: [`${ew.number(sample.start[i], 4)} s`, ew.number(score), ew.number(sample.p[i]), ew.chip(sample.flags[i] ? "anomalous" : "normal", sample.flags[i] ? "test" : "known"),
        (sample.reasons[i] || []).map(([label, value]) => ew.el("span", { class: "reason" }, label, " ", ew.el("b", {}, ew.number(value, 2))))],
    }));
    detail.replaceChildren(
      ew.el("p", { class: "headline" }, ew.el("b", {}, sample.name), " ", ew.chip(sample.label), " ", ew.state(sample.normal), " ", ew.chip(sample.anomalous ? "decided anomalous" : "decided normal", wrong ? "abnormal" : sample.anomalous ? "test" : "known"),
        ew.el("span", { class: "dim" }, ` ${over} of ${sample.scores.length} windows above the threshold ${ew.number(data.threshold)}, score ${ew.number(sample.score)}`)),
      ew.el("div", { class: "windows" }, ew.table([["window at", true], [distance, true], ["p", true], ["decision"], [sample.reasons.length ? "what stands out" : ""]], rows.slice(0, 500))));
    chart.draw(); signal.draw();
  };
  fill(); draw();
  const options = data.dimensions.map((name, i) => [i, name]);
  const shown = data.samples.length < data.samples_total ? ` ${data.samples.length} of ${data.samples_total} samples are here, spread over the ranking.` : "";
  return [
    ew.el("div", { class: "controls" },
      ew.select("x", options, state.axes[0], (value) => { state.axes[0] = Number(value); chart.draw(); }),
      ew.select("y", options, state.axes[1], (value) => { state.axes[1] = Number(value); chart.draw(); }),
      ew.choice("Range", [[false, "fit known + chosen"], [true, "fit everything"]], false, (value) => { state.all = value; chart.draw(); })),
    ew.el("div", { class: "explorer" },
      ew.el("div", { class: "side" }, ew.el("input", { type: "search", placeholder: `Find among ${data.samples.length} ${data.split} samples`, "aria-label": "Find a sample", oninput: (event) => { state.filter = event.target.value.toLowerCase(); fill(); } }), list),
      chart),
    detail, signal,
    ew.el("p", { class: "note" }, data.has_edge ? "Circles are clusters at their size, seen along two of the axes: a window inside a circle here can still lie outside in another direction. A distance below 0 is inside a cluster. " : "Axes are the model's input features, standardised by the training windows. ",
      "Choose a sample from the list or by clicking a point; arrow keys walk through the list.", shown),
  ];
};
