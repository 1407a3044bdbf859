// Feature importance: bars in descending order, by label where there are more than two, with what a node was given.
ew.panels.importance = (data) => {
  const chosen = data.chosen && data.chosen.features;
  const taken = new Set(chosen === "all" ? [] : chosen || data.suggested);
  const most = Math.max(...data.features.map((row) => row.importance), 1e-12);
  const bar = (row) => {
    const parts = row.parts.length ? row.parts.map((part, i) => [part, data.classes[i], data.codes[i]]) : [[row.importance, "", 0]];
    return ew.el("div", { class: "stack", title: parts.map(([part, name]) => `${name} ${ew.number(part)}`.trim()).join(", ") },
      parts.map(([part, , code]) => ew.el("span", { class: `b${code % 8}`, style: { width: `${part / most * 100}%` } })));
  };
  const split = data.features.some((row) => row.parts.length);
  return [
    chosen ? ew.el("p", {}, ew.el("code", {}, "features: suggested"), ` of ${data.node} became `, chosen === "all" ? ew.el("b", {}, "all") : ew.el("b", {}, chosen.join(", ")), ` (${data.chosen.note}).`) : null,
    data.features.length ? ew.table([["feature"], [chosen ? "used" : "suggested"], ["importance", true], [""]],
      data.features.map((row) => [row.label, taken.has(row.label) ? ew.chip(chosen ? "used" : "suggested", "known") : "", ew.percent(row.importance), bar(row)])) : null,
    data.features.length ? ew.el("p", { class: "note legend" },
      `By a random forest that tells the labels of ${ew.number(data.windows)} training ${ew.units()} apart: ${data.classes.join(", ") || "numbers"}. `,
      split ? ["A bar's parts say which label it helps to tell: ", data.classes.map((name, i) => ew.el("span", {}, ew.el("i", { class: `key b${data.codes[i] % 8}` }), name))] : null,
      data.all_features > data.features.length ? `${data.all_features - data.features.length} less important features are not shown. ` : "",
      "What tells these labels apart need not be what shows an anomaly.") : null,
  ];
};
