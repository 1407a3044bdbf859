// Scores and threshold: distributions, what each rule would give, confusion, curves.
ew.panels.scores = (data) => {
  const sets = data.distributions.map((set) => ({ ...set, values: ew.unpack(set.values) }));
  const colours = (name) => name.startsWith("held-out") ? ew.colour("known") : name.endsWith("abnormal") ? ew.colour("abnormal") : name.endsWith("normal") ? ew.colour("normal") : ew.colour("muted");
  const threshold = data.threshold.value;
  // Scores of strange data may lie orders of magnitude off: asinh is straight near the threshold and logarithmic far away.
  const held = sets[0] ? sets[0].values : new Float32Array([0, 1]);
  const unit = Math.max(1e-9, Math.abs((held[Math.floor(held.length * 0.9)] || 1) - (held[Math.floor(held.length * 0.1)] || 0)));
  const all = sets.flatMap((set) => [set.values[0], set.values[set.values.length - 1]]).concat(threshold);
  const low = Math.min(...all), high = Math.max(...all);
  const state = { wide: high - low > 30 * unit, cumulative: false };
  const to = (v) => (state.wide ? Math.asinh((v - threshold) / unit) : v);
  const back = (v) => (state.wide ? Math.sinh(v) * unit + threshold : v);
  const make = () => {
    const a = to(low), b = to(high), bins = 70, width = (b - a || 1) / bins;
    const traces = sets.map((set) => {
      const counts = new Array(bins).fill(0);
      for (const v of set.values) counts[Math.max(0, Math.min(bins - 1, Math.floor((to(v) - a) / width)))]++;
      const share = counts.map((count) => count / set.values.length);
      const x = share.map((_, i) => a + (i + 0.5) * width);
      return { type: "bar", name: `${ew.plain(set.name)} (${ew.number(set.total)})`, x, y: share, width, text: share.map((s, i) => `${ew.plain(set.name)}: ${ew.percent(s)}<br>scores ${ew.number(back(x[i] - width / 2))} … ${ew.number(back(x[i] + width / 2))}`), textposition: "none", hoverinfo: "text", marker: { color: colours(set.name), opacity: 0.5 } };
    });
    const near = [];
    const lines = data.rules.map((rule) => ({ rule, x: to(rule.value) })).filter(({ x }) => x >= a - width && x <= b + width).sort((p, q) => p.x - q.x);
    const shapes = [], annotations = [];
    lines.forEach(({ rule, x }) => {
      const level = near.filter((other) => Math.abs(other - x) < (b - a) * 0.14).length; near.push(x);
      shapes.push({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: ew.colour(rule.chosen ? "ink" : "muted"), width: rule.chosen ? 2 : 1, dash: rule.chosen ? "solid" : "dot" } });
      annotations.push({ x, yref: "paper", y: 0.98 - 0.075 * level, text: ew.plain(rule.chosen ? `${rule.rule} (chosen)` : rule.rule), showarrow: false, xanchor: "left", xshift: 4, font: { size: 11, color: ew.colour(rule.chosen ? "ink" : "muted") }, bgcolor: ew.colour("card") });
    });
    const ticks = state.wide ? (() => {
      const found = [low, high, threshold];
      for (let k = 0; k < 7; k++) for (const s of [-1, 1]) { const v = threshold + s * unit * 10 ** k; if (v > low && v < high) found.push(v); }
      found.sort((p, q) => p - q);
      const kept = found.filter((v, i) => i === 0 || to(v) - to(found[i - 1]) > (b - a) * 0.04);
      return { tickvals: kept.map(to), ticktext: kept.map((v) => ew.number(v)) };
    })() : {};
    return { data: traces, layout: ew.layout({ barmode: "overlay", bargap: 0, shapes, annotations, xaxis: ew.axis(state.wide ? "score (asinh scale around the threshold)" : "score", ticks), yaxis: ew.axis(`share of ${data.unit}`, { tickformat: ".0%" }) }) };
  };
  const chart = ew.chart("Score distributions", 360, make);
  // Of an exploration nobody knows what is normal, so no alarm is known to be false.
  const rates = data.explored ? [[`${data.unit} above`, "held_out_fpr"]] : [["held-out false alarms", "held_out_fpr"], ["test false alarms", "test_fpr"], ["test recall", "test_recall"]];
  const rules = ew.table([["rule"], ["threshold", true], ...rates.map(([title]) => [title, true]), ["about"]],
    data.rules.map((rule) => ({ attributes: { class: rule.chosen ? "chosen" : "" }, cells: [rule.chosen ? [ew.el("b", {}, rule.rule), " ", ew.chip("chosen", "known")] : rule.rule, ew.number(rule.value, 4), ...rates.map(([, key]) => ew.percent(rule[key])), ew.el("span", { class: "dim" }, rule.note)] })));
  const m = data.metrics;
  const parts = [
    ew.el("p", { class: "lead" }, "Threshold ", ew.el("b", {}, ew.number(threshold, 4)), `, ${ew.based(data)}.`,
      m.threshold_chosen_on_test ? [" ", ew.chip("chosen on the test split: the metrics below are too good", "abnormal")] : ""),
    (data.threshold.notes || []).map((note) => ew.el("p", { class: "warn" }, note)),
    ew.el("div", { class: "controls" }, ew.choice("Scale", [[false, "linear"], [true, "asinh"]], state.wide, (value) => { state.wide = value; chart.draw(); })),
    chart, rules,
  ];
  // An image is one window and one recording: what holds of the one holds of the other.
  const tables = [[data.unit, m.windows], ["recordings", data.unit === "images" ? null : m.recordings]].filter(([, table]) => table);
  if (!tables.length) return [...parts, ew.el("p", { class: "note" }, "No labelled sample to test on.")];
  parts.push(ew.el("div", { class: "grid two" }, tables.map(([name, table]) => ew.confusion(name, table, m))));
  if (data.curves) parts.push(ew.el("div", { class: "grid two" }, ew.curve(`ROC (${data.unit})`, "false-alarm rate", "recall", data.curves.fpr, data.curves.recall, m.windows && [m.windows.fpr, m.windows.recall], true), ew.curve(`Precision–recall (${data.unit})`, "recall", "precision", data.curves.recall, data.curves.precision, m.windows && [m.windows.recall, m.windows.precision], false)));
  const pixels = data.pixels;
  if (pixels && pixels.auroc !== null) parts.push(ew.el("p", {}, "Maps beside masks: pixel AUROC ", ew.el("b", {}, ew.number(pixels.auroc, 4)),
    pixels.aupro.map((one) => [", AUPRO up to a false-positive rate of ", ew.number(one.limit), " ", ew.el("b", {}, ew.number(one.value, 4))]),
    `; ${ew.number(pixels.regions)} defects in ${ew.number(pixels.images)} images`, pixels.without_mask ? `, ${ew.number(pixels.without_mask)} abnormal images without a mask left out` : "", "."));
  if (m.unlabelled) parts.push(ew.el("p", { class: "note" }, `${ew.number(m.unlabelled)} unlabelled ${data.unit} are left out of the metrics.`));
  return parts;
};

// What a threshold rests on, in words.
ew.based = ({ threshold, read }) => {
  const { method, target_fpr: target, held_out_n: count } = threshold;
  const aim = target === null ? "" : `, target false-alarm rate ${ew.percent(target)}`;
  if (method === "manual") return `set by hand${threshold.on_test ? " on the test split" : ""}`;
  if (!["held-out", "percentile", "sigma"].includes(method)) return `by ${method}${aim}`;
  return `based on ${ew.number(count)} ${read}${method === "held-out" ? "" : ` by ${method}`}${aim}`;
};

ew.confusion = (name, table, m) => {
  const c = table.confusion;
  const cell = (count, whole, good, what) => ew.el("div", { class: `cell ${good ? "good" : "bad"}`, style: { "--share": String(whole ? count / whole : 0) }, title: what }, ew.el("b", {}, ew.number(count)), ew.el("small", {}, ew.percent(whole ? count / whole : null)));
  const metrics = [["accuracy", table.accuracy], ["precision", table.precision], ["recall", table.recall], ["specificity", table.specificity], ["F1", table.f1], ["false negatives", table.fnr]];
  const between = (pair) => (pair ? ` (${ew.number(pair[0])} – ${ew.number(pair[1])})` : "");
  const scale = Math.max(0.02, (m.target_fpr || 0) * 2.5, table.fpr_interval ? Math.min(1, table.fpr_interval[1] * 1.1) : 0);
  return ew.el("figure", { class: "confusion" }, ew.el("figcaption", {}, ew.el("b", {}, name), ew.el("span", { class: "dim" }, ` ${ew.number(table.normal)} normal, ${ew.number(table.abnormal)} abnormal`)),
    ew.el("div", { class: "matrix", role: "group", "aria-label": `Confusion matrix of ${name}` }, ew.el("i", {}), ew.el("i", {}, "decided normal"), ew.el("i", {}, "decided anomalous"),
      ew.el("i", {}, "normal"), cell(c.true_negative, table.normal, true, "true negatives"), cell(c.false_positive, table.normal, false, "false alarms"),
      ew.el("i", {}, "abnormal"), cell(c.false_negative, table.abnormal, false, "missed"), cell(c.true_positive, table.abnormal, true, "caught")),
    table.fpr_interval && ew.el("div", { class: "rate", title: "95 % Clopper–Pearson interval" }, ew.el("span", {}, "false-alarm rate ", ew.el("b", {}, ew.percent(table.fpr)), ew.el("span", { class: "dim" }, ` 95 %: ${ew.percent(table.fpr_interval[0])} – ${ew.percent(table.fpr_interval[1])}${name !== "recordings" && m.target_fpr ? `, target ${ew.percent(m.target_fpr)}` : ""}`)),
      ew.el("div", { class: "track" }, ew.el("i", { class: "span", style: { left: `${table.fpr_interval[0] / scale * 100}%`, width: `${(table.fpr_interval[1] - table.fpr_interval[0]) / scale * 100}%` } }), ew.el("i", { class: "dot", style: { left: `${table.fpr / scale * 100}%` } }),
        name !== "recordings" && m.target_fpr && ew.el("i", { class: "goal", style: { left: `${m.target_fpr / scale * 100}%` } }))),
    ew.el("dl", { class: "metrics" }, metrics.map(([title, value]) => ew.el("div", {}, ew.el("dt", {}, title), ew.el("dd", {}, value === null ? "–" : value.toFixed(3)))),
      ew.el("div", {}, ew.el("dt", {}, "AUROC"), ew.el("dd", { title: `95 % by resampling ${name === "images" ? "images" : "recordings"} or groups` }, table.auroc === null ? "–" : table.auroc.toFixed(3), ew.el("small", {}, between(table.auroc_interval)))),
      ew.el("div", {}, ew.el("dt", {}, "average precision"), ew.el("dd", {}, table.average_precision === null ? "–" : table.average_precision.toFixed(3)))));
};

ew.curve = (title, xname, yname, x, y, here, diagonal) => ew.el("figure", {}, ew.el("figcaption", {}, ew.el("b", {}, title)), ew.chart(title, 300, () => ({
  data: [
    { type: "scatter", mode: "lines", x, y, line: { color: ew.colour("known"), width: 2, shape: "hv" }, hoverinfo: "x+y", name: title, showlegend: false },
    here && here[0] !== null && here[1] !== null ? { type: "scatter", mode: "markers", x: [here[0]], y: [here[1]], marker: { color: ew.colour("test"), size: 11 }, name: "chosen threshold", hoverinfo: "x+y+name", showlegend: false } : { type: "scatter", x: [], y: [], showlegend: false },
  ],
  layout: ew.layout({ shapes: diagonal ? [{ type: "line", x0: 0, y0: 0, x1: 1, y1: 1, line: { color: ew.colour("line2"), dash: "dot", width: 1 } }] : [], xaxis: ew.axis(xname, { range: [-0.02, 1.02] }), yaxis: ew.axis(yname, { range: [-0.02, 1.04] }) }),
})));
