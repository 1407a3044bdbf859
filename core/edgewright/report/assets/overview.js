// The data panel: totals, classes by split, one recording of each label.
ew.panels.overview = (data) => {
  const splits = data.splits.filter((split) => data.labels.some((row) => row.recordings[split]));
  const judged = data.labels.some((row) => row.normal !== null); // without an anomaly block nobody asks what is normal
  const most = Math.max(1, ...data.labels.map((row) => splits.reduce((sum, split) => sum + (row.windows[split] || 0), 0)));
  const bar = (row) => ew.el("div", { class: "stack", title: splits.map((split) => `${split}: ${row.windows[split] || 0} ${data.image ? "images" : "windows"}`).join(", ") },
    splits.map((split) => ew.el("span", { class: `split-${split}`, style: { width: `${(row.windows[split] || 0) / most * 100}%` } })));
  const length = (row) => Math.abs(row.longest - row.shortest) < 1e-9 ? ew.seconds(row.longest) : `${ew.seconds(row.shortest)} – ${ew.seconds(row.longest)}`;
  return [
    ew.el("dl", { class: "tiles" }, (data.image ? [
      ["images", ew.number(data.samples)], ["input", `${data.image.width} × ${data.image.height}`], ["colours", data.image.channels === 3 ? "RGB" : "grey"], ["resize", data.image.resize],
    ] : [
      ["recordings", ew.number(data.samples)], ["windows", ew.number(data.windows)], ["in all", ew.seconds(data.seconds)],
      ["rate", `${ew.number(data.frequency, 4)} Hz`], ["window", data.whole ? `recordings, filled up to ${ew.seconds(data.window_seconds)}` : `${ew.seconds(data.window_seconds)} every ${ew.seconds(data.stride_seconds)}`],
      ["axes", data.axes.slice(0, 8).join(", ") + (data.axes.length > 8 ? ` … (${data.axes.length})` : "")],
    ]).map(([name, value]) => ew.el("div", {}, ew.el("dt", {}, name), ew.el("dd", {}, value)))),
    ew.table([["label"], [""], ...splits.map((split) => [split, true]), [data.image ? "images" : "windows"], ...(data.image ? [] : [["each", true], ["in all", true]])],
      data.labels.map((row) => [row.label, judged ? ew.state(row.normal) : "", ...splits.map((split) => ew.number(row.recordings[split] || 0)), bar(row), ...(data.image ? [] : [length(row), ew.seconds(row.seconds)])])),
    ew.el("p", { class: "note" }, data.image ? "Bars: " : "Numbers are recordings; bars are windows, ",
      splits.map((split, i) => [i ? ", " : "", ew.el("i", { class: `key split-${split}` }), split]), ".",
      data.labels_left_out ? ` ${data.labels_left_out} more labels are not shown.` : "",
      data.without_windows ? ` ${data.without_windows} recordings are shorter than a window and give none.` : ""),
    ew.el("div", { class: "grid" }, data.signals.map((signal) => ew.el("figure", { class: "small" },
      ew.el("figcaption", {}, ew.el("b", {}, signal.label), " ", ew.el("span", { class: "dim" }, data.image ? signal.name : `${signal.name} · ${ew.seconds(signal.seconds)}`)),
      ew.spark(signal, { label: `Signal of ${signal.name}` })))),
    data.image ? ew.el("p", { class: "note legend" }, "First image of each label, as the blocks see it.") : ew.el("p", { class: "note legend" }, "First recording of each label: ", data.axes.slice(0, 12).map((axis, i) => ew.el("span", {}, ew.el("i", { class: `key b${i % 8}` }), axis))),
  ];
};
