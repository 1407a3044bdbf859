// Plots and tables of blocks and plugins, by the schema of plots.json; and the deployment panel.
ew.panels.plots = (data) => [
  data.text ? ew.el("p", {}, data.text) : null,
  ew.el("div", { class: "grid two" }, (data.plots || []).map((plot) => ew.el("figure", {}, ew.el("figcaption", {}, ew.el("b", {}, plot.title || plot.kind)), ew.plot(plot)))),
  (data.tables || []).map((table) => [table.title ? ew.el("h3", {}, table.title) : null,
    ew.table(table.columns.map((name) => [name]), table.rows.map((row) => row.map((value) => (typeof value === "number" ? ew.number(value) : String(value)))))]),
];
// A block wrote the plot: one that can't be drawn says so and leaves the others alone.
ew.plot = (plot) => {
  try {
    return (Object.hasOwn(ew.plots, plot.kind) ? ew.plots[plot.kind] : ew.plots.unknown)(plot);
  } catch (error) {
    return ew.el("p", { class: "warn" }, `This plot can't be drawn: ${error.message}`);
  }
};
ew.scale = (axis) => (axis && axis.scale === "log" ? { type: "log" } : {});
// Names along an axis are a stranger's text, and plotly reads tags in it.
ew.places = (axis) => axis && axis.values && axis.values.map((value) => (typeof value === "string" ? ew.plain(value) : value));
// Names stand upright below the axis when there are many: the plot above them keeps its height.
ew.below = (axis) => {
  const names = ((axis && axis.values) || []).filter((value) => typeof value === "string");
  return names.length > 8 ? 6 * Math.min(40, Math.max(...names.map((name) => name.length))) : 0;
};
ew.plots = {
  lines: (plot) => ew.chart(String(plot.title), 300 + ew.below(plot.x), () => ({
    data: plot.series.map((series, i) => ({ type: "scatter", mode: series.values.length < 40 ? "lines+markers" : "lines", name: ew.short(series.name, 30), x: ew.places(plot.x), y: series.values, line: { width: 1.5, color: ew.series(i) } })),
    layout: ew.layout({ xaxis: ew.axis(plot.x && plot.x.label, ew.scale(plot.x)), yaxis: ew.axis(plot.y && plot.y.label, ew.scale(plot.y)), ...(plot.series.length > 12 ? { showlegend: false } : {}) }),
  })),
  heatmap: (plot) => ew.chart(String(plot.title), 320, () => ({
    data: [{ type: "heatmap", z: plot.values, x: ew.places(plot.x), y: ew.places(plot.y), colorscale: "Viridis", hoverinfo: "x+y+z" }],
    layout: ew.layout({ xaxis: ew.axis(plot.x && plot.x.label), yaxis: ew.axis(plot.y && plot.y.label) }),
  })),
  image: (plot) => {
    if (!(plot.width * plot.height <= 4e6)) throw new Error(`an image of ${plot.width} × ${plot.height}`);
    const canvas = ew.el("canvas", { width: plot.width, height: plot.height, class: "image", role: "img", "aria-label": plot.title });
    const context = canvas.getContext("2d"), image = context.createImageData(plot.width, plot.height), values = plot.values.flat(3), c = plot.channels || 1;
    for (let i = 0; i < plot.width * plot.height; i++) {
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = values[i * c + (c >= 3 ? k : 0)];
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return canvas;
  },
  // In an <img> an SVG runs no script and fetches nothing.
  "encoded-image": (plot) => {
    if (!["image/png", "image/jpeg", "image/svg+xml"].includes(plot.mime) || !/^[A-Za-z0-9+/]*={0,2}$/.test(plot.data)) throw new Error(`an image of kind ${plot.mime}`);
    return ew.el("img", { src: `data:${plot.mime};base64,${plot.data}`, alt: String(plot.title), class: "image" });
  },
  unknown: (plot) => ew.el("p", { class: "note" }, `This page can't draw a plot of kind “${plot.kind}”.`),
};

ew.panels.packages = (data) => data.targets.map((target) => ew.el("section", {},
  ew.el("h3", {}, target.target, " ", ew.el("span", { class: "dim" }, `${target.file_count} files, ${ew.bytes(target.bytes)}`)),
  target.verification ? ew.table([["self-test"], ["result"]], target.verification) : ew.el("p", { class: "note" }, "The self-test was not run here. ", ew.el("code", {}, `edgewright deploy RUN --target ${target.target} --verify`), " compiles and runs it."),
  ew.el("details", {}, ew.el("summary", {}, "Files"), ew.table([["file"], ["size", true]], target.files.map((file) => [ew.el("code", {}, file.path), ew.bytes(file.bytes)])),
    target.file_count > target.files.length ? ew.el("p", { class: "note" }, `${target.file_count - target.files.length} more files.`) : null)));
