// Worst samples: the recordings nearest to, or on, the wrong side, with their signals.
ew.panels.worst = (data) => [
  ...data.groups.map((group) => ew.el("section", {}, ew.el("h3", {}, group.title), ew.el("div", { class: "grid" }, group.rows.map((row) => {
    const wrong = row.anomalous !== group.expected;
    const top = Math.max(...row.scores, data.threshold + 1e-12);
    const end = (i) => Math.min(row.start[i] + data.window_seconds, i + 1 < row.start.length ? row.start[i + 1] : Infinity); // windows overlap, shades must not
    const marks = row.scores.map((score, i) => [row.start[i], end(i), score > data.threshold ? (score - data.threshold) / (top - data.threshold) : -1]).filter(([, , strength]) => strength >= 0);
    return ew.el("figure", { class: `small ${wrong ? "wrong" : ""}` }, ew.el("figcaption", {}, ew.el("b", {}, row.name), " ", ew.el("span", { class: "dim" }, row.label)),
      ew.spark(row.signal, { marks, label: `Signal of ${row.name}` }),
      ew.el("p", {}, ew.chip(wrong ? group.wrong : group.right, wrong ? "abnormal" : "known"), ew.el("span", { class: "dim" }, ` score ${ew.number(row.score)} · limit ${ew.number(data.limit)}${row.signal.picture ? "" : ` · ${row.over}/${row.windows} windows`}`)));
  })))),
  data.groups[0].rows[0].signal.picture ? null : ew.el("p", { class: "note legend" }, `A recording's score is the ${data.aggregate} of its windows. Shaded: windows above the threshold. `, data.axes.map((axis, i) => ew.el("span", {}, ew.el("i", { class: `key b${i % 8}` }), axis))),
];
