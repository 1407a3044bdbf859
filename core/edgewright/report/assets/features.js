// The feature explorer: windows as points, axes, dimensions and colours to choose.
ew.panels.features = (data) => {
  const columns = ew.unpack(data.values), n = data.sample.length;
  const state = { axes: data.begin.slice(), three: false, colour: "label" };
  while (state.axes.length < 3) state.axes.push(Math.min(state.axes.length, data.features.length - 1));
  const decisions = Object.keys(data.decision);
  const groups = () => {
    if (state.colour === "label") return data.classes.map((name, code) => [name, (i) => data.class[i] === code, ew.series(code)]);
    if (state.colour === "split") return data.splits.map((name, code) => [name, (i) => data.split[i] === code, ew.series(code)]);
    if (state.colour === "normal") return [["normal", (i) => data.normal[i] === true, ew.colour("normal")], ["abnormal", (i) => data.normal[i] === false, ew.colour("abnormal")], ["unlabelled", (i) => data.normal[i] === null, ew.colour("muted")]];
    const flags = data.decision[state.colour.slice(9)];
    return [["passed", (i) => !flags[i], ew.colour("known")], ["anomalous", (i) => flags[i], ew.colour("test")]];
  };
  const make = () => {
    const [x, y, z] = state.axes.map((axis) => columns[axis]);
    const data_ = groups().map(([name, member, colour]) => {
      const rows = [];
      for (let i = 0; i < n; i++) if (member(i)) rows.push(i);
      const text = rows.map((i) => `<b>${ew.short(data.names[data.sample[i]], 60)}</b><br>${ew.short(data.classes[data.class[i]])} · ${ew.plain(data.splits[data.split[i]])} · ${data.start[i]} s`);
      const symbol = rows.map((i) => (data.normal[i] === false ? (state.three ? "diamond" : "diamond-open") : "circle"));
      const trace = { type: state.three ? "scatter3d" : "scatter", mode: "markers", name: ew.short(name, 30), x: rows.map((i) => x[i]), y: rows.map((i) => y[i]), text, hoverinfo: "text", marker: { size: state.three ? 3 : 6, color: colour, symbol, opacity: state.three ? 0.8 : 0.65, line: { width: state.three ? 0 : 1, color: colour } } };
      if (state.three) trace.z = rows.map((i) => z[i]);
      return trace;
    }).filter((trace) => trace.x.length);
    const names = state.axes.map((axis) => data.features[axis]);
    const deep = (name) => ew.axis("", { title: { text: ew.glyphs(Array.from(name).slice(0, 40).join("")) }, showbackground: false });
    const scene = { xaxis: deep(names[0]), yaxis: deep(names[1]), zaxis: deep(names[2]), aspectmode: "cube", uirevision: "keep", camera: { eye: { x: 1.5, y: 1.6, z: 0.9 } } };
    return { data: data_, layout: ew.layout(state.three ? { scene, margin: { l: 0, r: 0, t: 12, b: 0 } } : { xaxis: ew.axis(names[0]), yaxis: ew.axis(names[1]) }) };
  };
  const chart = ew.chart("Feature explorer", 520, make);
  const options = data.features.map((name, i) => [i, name]);
  const third = ew.select("z", options, state.axes[2], (value) => { state.axes[2] = Number(value); chart.draw(); });
  third.hidden = true;
  const colours = [["label", "label"], ["split", "split"], ["normal", "normal / abnormal"], ...decisions.map((node) => [`decision ${node}`, `decision of ${node}`])];
  return [
    ew.el("div", { class: "controls" },
      ew.choice("Dimensions", [[false, "2-D"], [true, "3-D"]], false, (value) => { state.three = value; third.hidden = !value; Plotly.purge(chart); chart.classList.remove("js-plotly-plot"); chart.draw(); }),
      ew.select("x", options, state.axes[0], (value) => { state.axes[0] = Number(value); chart.draw(); }),
      ew.select("y", options, state.axes[1], (value) => { state.axes[1] = Number(value); chart.draw(); }), third,
      ew.select("colour", colours, "label", (value) => { state.colour = value; chart.draw(); })),
    chart,
    ew.el("p", { class: "note" }, `It begins with the features that tell the labels apart best. Diamonds are abnormal. `,
      n < data.windows ? `Shown are ${ew.number(n)} of ${ew.number(data.windows)} ${ew.units()}, evenly spread. ` : `All ${ew.number(n)} ${ew.units()} are shown. `,
      data.all_features + 3 > data.features.length && data.features.filter((name) => !name.startsWith("PC ")).length < data.all_features ? `Of ${data.all_features} features the ones that vary most between labels can be chosen.` : ""),
  ];
};
