// The only door to plotly: theme, lazy drawing, and text that plotly would otherwise read as markup.
ew.plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
ew.short = (text, most = 40) => { const all = Array.from(String(text)); return ew.plain(all.length > most ? all.slice(0, most - 1).join("") + "…" : all.join("")); };
// WebGL text knows tags but no entities: look-alikes are all that is safe there.
ew.glyphs = (text) => String(text).replace(/</g, "‹").replace(/>/g, "›");

ew.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
ew.series = (i) => ew.colour(`s${i % 8}`);

ew.axis = (title, more) => ({
  title: { text: ew.short(title || "", 60), font: { size: 12 }, standoff: 8 }, gridcolor: ew.colour("line"), zerolinecolor: ew.colour("line2"),
  linecolor: ew.colour("line"), tickcolor: ew.colour("line"), automargin: true, ...more,
});
ew.layout = (more) => ({
  paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 48, r: 16, t: 12, b: 44 }, hovermode: "closest",
  font: { family: ew.colour("font") || "sans-serif", size: 12, color: ew.colour("muted") },
  hoverlabel: { align: "left", bgcolor: ew.colour("card"), bordercolor: ew.colour("line2"), font: { color: ew.colour("ink"), size: 12 } },
  modebar: { bgcolor: "rgba(0,0,0,0)", color: ew.colour("line2"), activecolor: ew.colour("ink") },
  legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 12 } }, ...more,
});

// make() → {data, layout}; drawn when it comes near the window, and again by ew.draw(box) or a change of theme.
ew.chart = (label, height, make, click) => {
  const box = ew.el("div", { class: "chart", role: "img", "aria-label": label, style: { height: `${height}px` } });
  let seen = false;
  box.draw = () => {
    if (!seen) return;
    const first = !box.classList.contains("js-plotly-plot");
    let made;
    try { made = make(); } catch (error) { // a block's plot may lack what its kind needs
      box.replaceChildren(ew.el("p", { class: "warn" }, `This chart can't be drawn: ${error.message}`));
      return;
    }
    Plotly.react(box, made.data, made.layout, { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] });
    if (first && click) box.on("plotly_click", (event) => event.points && event.points[0] && click(event.points[0]));
  };
  const observer = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { observer.disconnect(); seen = true; box.draw(); }
  }, { rootMargin: "800px" });
  observer.observe(box);
  ew.redraw.push(box.draw);
  return box;
};
