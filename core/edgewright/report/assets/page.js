// The page: header, key numbers, sections, theme.
(() => {
  const { panels, info } = JSON.parse(document.getElementById("report-data").textContent);
  ew.info = info;
  const main = document.getElementById("main"), nav = document.getElementById("nav");
  const root = document.documentElement;
  const links = [];
  const anchor = (id) => `at-${id.replace(/[^A-Za-z0-9_-]/g, "-")}`;
  const section = (name, title, children) => {
    const id = anchor(name);
    main.append(ew.el("section", { class: "card", id, "aria-labelledby": `${id}-title` }, ew.el("h2", { id: `${id}-title` }, title), children));
    links.push(ew.el("a", { href: `#${id}` }, title));
  };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const toggle = ew.el("button", { type: "button", class: "theme", "aria-label": "Switch between light and dark", onclick: () => { root.dataset.theme = dark() ? "light" : "dark"; ew.redraw.forEach((draw) => draw()); } }, "◐");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ew.redraw.forEach((draw) => draw()));

  const began = info.started.replace("T", " ").slice(0, 16);
  document.getElementById("head").append(
    ew.el("div", { class: "title" }, ew.el("h1", {}, info.name), info.nodes.length ? ew.chip(info.status || "unknown", info.status === "ok" ? "normal" : "abnormal") : null, toggle),
    ew.el("p", { class: "dim" }, [began && `${began} UTC`, info.seconds !== null && info.seconds !== undefined && ew.seconds(info.seconds), info.runner && `runner ${info.runner}`, info.build_id && `build ${info.build_id}`, ...Object.entries(info.versions).map(([name, version]) => `${name} ${version}`)].filter(Boolean).join("  ·  ")));

  const scored = panels.panels.filter((panel) => panel.kind === "scores");
  if (scored.length) {
    main.append(ew.el("div", { class: "keys" }, scored.flatMap(({ id, data }) => {
      const windows = data.metrics.windows, [table, name] = data.unit === "images" ? [windows, "images"] : [data.metrics.recordings || windows, data.metrics.recordings ? "recordings" : "windows"];
      const key = (name, value, about) => ew.el("a", { class: "key-number", href: `#${anchor(id)}` }, ew.el("small", {}, scored.length > 1 ? `${name} · ${data.node}` : name), ew.el("b", {}, value), ew.el("small", { class: "dim" }, about));
      const target = data.metrics.target_fpr;
      return table ? [
        key("AUROC", table.auroc === null ? "–" : table.auroc.toFixed(3), name),
        key("recall", ew.percent(table.recall), `${table.confusion.true_positive} of ${table.abnormal} ${name} caught`),
        key("false alarms", ew.percent(windows.fpr), `of normal ${data.unit}${target === null ? "" : `, target ${ew.percent(target)}`}`),
        key("threshold", ew.number(data.threshold.value), data.threshold.method),
      ] : [key("threshold", ew.number(data.threshold.value), data.threshold.method)];
    })));
  }
  const warnings = [...info.warnings, ...panels.problems];
  if (info.failed.length || warnings.length) {
    section("warnings", info.failed.length ? "What went wrong" : "Warnings", [
      info.failed.map((task) => ew.el("div", { class: "failure" }, ew.el("p", {}, ew.el("b", {}, task.id), " ", ew.chip(task.reason || "failed", "abnormal"), " ", task.message || ""), task.log_tail ? ew.el("pre", {}, task.log_tail) : null)),
      warnings.length ? ew.el("ul", {}, warnings.slice(0, 50).map((text) => ew.el("li", {}, text)), warnings.length > 50 ? ew.el("li", {}, `… and ${warnings.length - 50} more`) : null) : null,
    ]);
  }
  if (info.nodes.length) section("impulse", "Impulse", [ew.graph(info), ew.tasks(info)]);
  for (const panel of panels.panels) {
    try {
      section(panel.id, panel.title, (Object.hasOwn(ew.panels, panel.kind) ? ew.panels[panel.kind] : ew.panels.plots)(panel.data));
    } catch (error) { // one panel that can't be drawn must not take the others with it
      section(panel.id, panel.title, ew.el("p", { class: "warn" }, `This panel can't be drawn: ${error.message}`));
    }
  }
  nav.append(...links);
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    const link = links.find((a) => a.hash === `#${entry.target.id}`);
    if (link && entry.isIntersecting) { links.forEach((a) => a.removeAttribute("aria-current")); link.setAttribute("aria-current", "true"); }
  }), { rootMargin: "-10% 0px -75% 0px" });
  main.querySelectorAll("section.card").forEach((card) => seen.observe(card));
})();
