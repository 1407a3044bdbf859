// Windows laid out on a plane: size and colour are scores or clusters to choose, and plots beside the map.
ew.panels.map = (data) => {
  const layouts = data.layouts.map((layout) => ({ ...layout, places: ew.unpack(layout.places) }));
  const measures = data.measures.map((measure) => ({ ...measure, values: ew.unpack(measure.values) }));
  const state = { layout: 0, size: data.size, colour: data.clusters ? "clusters" : data.colour, find: "" };
  // By place in the order, not by value: one far outlier would make all others alike.
  const share = (values) => {
    const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]), found = new Float32Array(values.length);
    order.forEach((row, place) => { found[row] = place / Math.max(1, values.length - 1); });
    return found;
  };
  const shares = measures.map((measure) => share(measure.values));
  const make = () => {
    const { places, axes } = layouts[state.layout], n = data.names.length;
    const text = (i) => `<b>${ew.short(data.names[i], 60)}</b>${data.whole ? "" : ` at ${data.start[i]} s`}<br>${measures.map((measure) => `${ew.short(measure.name)} ${ew.number(measure.values[i])}`).join("<br>")}${data.clusters ? `<br>${ew.plain(data.cluster_names[data.clusters[i]])}` : ""}`;
    const size = (i) => 5 + 21 * shares[state.size][i] ** 6;
    const trace = (name, rows, marker) => ({ type: "scatter", mode: "markers", name: ew.short(name, 30), x: rows.map((i) => places[0][i]), y: rows.map((i) => places[1][i]), text: rows.map(text), hoverinfo: "text", marker: { opacity: 0.8, size: rows.map(size), line: { width: 0.8, color: ew.colour("card") }, ...marker } });
    const all = Array.from({ length: n }, (_, i) => i).sort((a, b) => size(b) - size(a)); // small points lie on large ones
    const traces = state.colour === "clusters"
      ? data.cluster_names.map((name, code) => trace(name, all.filter((i) => data.clusters[i] === code), { color: ew.series(code) })).filter((one) => one.x.length)
      : [trace(measures[state.colour].name, all, { color: all.map((i) => measures[state.colour].values[i]), colorscale: "YlOrRd", reversescale: true, showscale: true, colorbar: { title: { text: ew.short(measures[state.colour].name, 24), side: "right" }, thickness: 12, outlinewidth: 0 } })];
    const found = state.find && all.filter((i) => data.names[i].toLowerCase().includes(state.find));
    if (found && found.length) traces.push({ ...trace("found", found, { color: "rgba(0,0,0,0)", symbol: "circle", size: 26, opacity: 1, line: { width: 2.5, color: ew.colour("ink") } }) });
    return { data: traces, layout: ew.layout({ uirevision: String(state.layout), showlegend: traces.length > 1, xaxis: ew.axis(axes[0]), yaxis: ew.axis(axes[1]) }) };
  };
  const chart = ew.chart(`Map of ${ew.units()}`, 520, make);
  const names = measures.map((measure, i) => [i, measure.name]);
  return [
    ew.el("p", {}, data.text),
    ew.el("div", { class: "controls" },
      layouts.length > 1 ? ew.choice("Map", layouts.map((layout, i) => [i, layout.name]), 0, (value) => { state.layout = value; chart.draw(); }) : null,
      names.length > 1 ? ew.select("size", names, state.size, (value) => { state.size = Number(value); chart.draw(); }) : null,
      names.length + (data.clusters ? 1 : 0) > 1 ? ew.select("colour", [...(data.clusters ? [["clusters", "cluster"]] : []), ...names], state.colour, (value) => { state.colour = value === "clusters" ? value : Number(value); chart.draw(); }) : null,
      ew.el("input", { type: "search", placeholder: "Find a sample", "aria-label": "Find a sample on the map", oninput: (event) => { state.find = event.target.value.trim().toLowerCase(); chart.draw(); } })),
    chart,
    ew.el("p", { class: "note" }, data.note ? `${data.note}. ` : "", `Size: place in the order of ${measures[state.size].name}. `, data.names.length < data.windows ? `${ew.number(data.names.length)} of ${ew.number(data.windows)} ${ew.units()} are shown. ` : "", "On a PaCMAP map neighbours mean something, distances between groups little."),
    (data.plots || []).map((plot) => ew.el("figure", {}, ew.el("figcaption", {}, ew.el("b", {}, plot.title)), ew.plot(plot))),
    data.files ? ew.el("p", { class: "note" }, data.files) : null,
  ];
};
