// Two sides over the same recordings: one table, the scores (or shares of a class) against each other, ROC of both,
// decisions that differ.
ew.panels.comparison = (data) => {
  const { document: told, points } = data;
  const names = [told.first.name, told.second.name];
  const sides = [told.first, told.second];
  const classes = told.kind === "classification";
  const row = (title, value, about) => [title, ...sides.map((side, i) => value(side, i)), about || ""];
  const tables = [["windows", told.windows], ["recordings", told.recordings]].filter(([, table]) => table);
  const of = (table, name) => (_, i) => (i ? table.second : table.first)[name];
  const figures = (title, table) => classes ? [
    row(`${title} like the other side's`, () => `${ew.number(table.agree)} of ${ew.number(table.n)}`, `${ew.number(table.differ)} named otherwise`),
    table.labelled ? row(`${title}: accuracy`, (_, i) => ew.percent((i ? table.second : table.first).accuracy), `${ew.number(table.labelled)} labelled`) : null,
    table.labelled ? row(`${title}: macro F1`, (_, i) => ew.number((i ? table.second : table.first).macro_f1)) : null,
    "pearson" in table ? [`${title}: correlation`, `Pearson ${ew.number(table.pearson)}`, "", `over the shares of ${table.classes.join(", ")}`] : null,
  ].filter(Boolean) : [
    row(`${title} called anomalous`, (side, i) => `${ew.number(of(table, "anomalous")(side, i))} of ${ew.number(table.n)}`, `${ew.number(table.differ)} decided otherwise: ${ew.number(table.decisions.first)} by the first alone, ${ew.number(table.decisions.second)} by the second alone`),
    table.normal + table.abnormal ? row(`${title}: AUROC`, (side, i) => ew.number(of(table, "auroc")(side, i)), `${ew.number(table.normal)} normal, ${ew.number(table.abnormal)} abnormal`) : null,
    table.normal ? row(`${title}: false alarms`, (side, i) => ew.percent(of(table, "fpr")(side, i))) : null,
    table.abnormal ? row(`${title}: recall`, (side, i) => ew.percent(of(table, "recall")(side, i))) : null,
    [`${title}: correlation`, `Pearson ${ew.number(table.pearson)}`, `Spearman ${ew.number(table.spearman)}`, `over ${ew.number(table.n)} that both score`],
  ].filter(Boolean);
  const table = ew.table([[""], [names[0]], [names[1]], [""]], [
    row("what it is", (side) => side.kind),
    ...(classes ? [] : [row("threshold", (side) => (side.threshold === null ? "–" : ew.number(side.threshold, 4)), told.second.threshold_from)]),
    ...tables.flatMap(([title, each]) => figures(title, each)),
    row("time of a window", (side) => ew.seconds(side.seconds_per_window), sides.map((side) => side.timed || "–").join(" · ")),
    row("size", (side) => (side.bytes === null ? "–" : ew.bytes(side.bytes)), sides.map((side) => side.sized || "–").join(" · ")),
  ]);
  const kinds = [["normal", 0, "normal"], ["abnormal", 1, "abnormal"], ["unlabelled", -1, "muted"]];
  const x = ew.unpack(points.first), y = ew.unpack(points.second);
  const limit = (axis, value) => (value === null ? null : { type: "line", [`${axis}0`]: value, [`${axis}1`]: value, [`${axis === "x" ? "y" : "x"}ref`]: "paper", [`${axis === "x" ? "y" : "x"}0`]: 0, [`${axis === "x" ? "y" : "x"}1`]: 1, line: { color: ew.colour("line2"), dash: "dot", width: 1 } });
  const scatter = ew.chart("Scores of both sides", 380, () => ({
    data: kinds.map(([name, code, colour]) => {
      const places = points.truth.map((truth, i) => (truth === code ? i : -1)).filter((i) => i >= 0);
      return places.length ? { type: "scatter", mode: "markers", name, x: places.map((i) => x[i]), y: places.map((i) => y[i]), marker: { size: 5, opacity: 0.6, color: ew.colour(colour) }, hoverinfo: "x+y+name" } : null;
    }).filter(Boolean),
    layout: ew.layout({ shapes: [limit("x", data.thresholds[0]), limit("y", data.thresholds[1])].filter(Boolean), xaxis: ew.axis(classes ? "share of the first's class, by the first" : names[0]), yaxis: ew.axis(classes ? "by the second" : names[1]) }),
  }));
  const roc = data.curves.every(Boolean) ? ew.chart("ROC of both", 380, () => ({
    data: data.curves.map((curve, i) => ({ type: "scatter", mode: "lines", name: ew.short(names[i], 30), x: curve.fpr, y: curve.recall, line: { width: 2, shape: "hv", color: ew.series(i), dash: i ? "dash" : "solid" } })),
    layout: ew.layout({ shapes: [{ type: "line", x0: 0, y0: 0, x1: 1, y1: 1, line: { color: ew.colour("line2"), dash: "dot", width: 1 } }], xaxis: ew.axis("false-alarm rate", { range: [-0.02, 1.02] }), yaxis: ew.axis("recall", { range: [-0.02, 1.04] }) }),
  })) : null;
  const says = (name, verdict) => classes ? ew.el("p", {}, ew.chip(verdict.class, verdict.right === null ? "" : verdict.right ? "normal" : "abnormal"), ew.el("span", { class: "dim" }, ` ${name}: ${ew.percent(verdict.probability)}`)) : ew.el("p", {}, ew.chip(verdict.anomalous ? "anomalous" : "normal", verdict.anomalous ? "abnormal" : "normal"), ew.el("span", { class: "dim" }, ` ${name}: score ${ew.number(verdict.score)}`));
  const differing = told.differing.map((window, i) => ew.el("figure", { class: "small" },
    ew.el("figcaption", {}, ew.el("b", {}, window.sample), " ", ew.el("span", { class: "dim" }, `${window.time} s`), " ", window.label === null ? null : ew.chip(window.label, window.normal === null || window.normal === undefined ? "" : window.normal ? "normal" : "abnormal")),
    ew.spark(data.signals[i], { label: `Signal of ${window.sample} at ${window.time} s` }), says(names[0], window.first), says(names[1], window.second)));
  return [
    ew.el("p", { class: "dim" }, `${told.data}, node ${told.node}`), table,
    told.notes.map((note) => ew.el("p", { class: "note" }, note)),
    ew.el("div", { class: "grid two" },
      ew.el("figure", {}, ew.el("figcaption", {}, ew.el("b", {}, classes ? "Shares of the class" : `Scores of ${data.what}`), ew.el("span", { class: "dim" }, points.total > points.truth.length ? ` ${ew.number(points.truth.length)} of ${ew.number(points.total)}` : "")), scatter),
      roc && ew.el("figure", {}, ew.el("figcaption", {}, ew.el("b", {}, `ROC of both (${data.what})`)), roc)),
    classes && told.pairs.length ? [ew.el("h3", {}, "Which for which"), ew.table([[names[0]], [names[1]], ["windows", true]], told.pairs.map((pair) => [pair.first, pair.second, ew.number(pair.windows)]))] : null,
    ew.el("h3", {}, "Decisions that differ"),
    differing.length ? ew.el("div", { class: "grid" }, differing) : ew.el("p", {}, told.windows ? "Both decide every window alike." : "Windows were not compared."),
    differing.length ? ew.el("p", { class: "note legend" }, `${ew.number(differing.length)} of ${ew.number(told.windows.differ)}, ${classes ? "those of which both are surest" : "those the two rank most differently"} first. `, data.axes.map((axis, i) => ew.el("span", {}, ew.el("i", { class: `key b${i % 8}` }), axis))) : null,
  ];
};
