// Images by score: what the node makes of each place, the outline of the mask, and what another threshold would decide.
ew.panels.gallery = (data) => {
  const maps = data.maps ? ew.unpack(data.maps) : null, [low, high] = data.range || [0, 1];
  const judged = data.images.some((image) => image.normal !== null), masks = data.images.some((image) => image.mask);
  const state = { threshold: data.threshold, order: "score", only: "all", heat: true, mask: masks, most: 48 };
  const over = (image) => image.score > state.threshold;
  const wrong = (image) => image.normal !== null && image.normal === over(image);
  const verdict = (image) => (image.normal === null ? (over(image) ? "anomalous" : "normal") : over(image) ? (image.normal ? "false alarm" : "caught") : image.normal ? "passed" : "missed");
  const strength = (score) => Math.min(1, Math.max(0, (score - low) / (high - low)));

  const heat = (canvas, cells) => {
    const [rows, columns] = data.grid, context = canvas.getContext("2d"), size = [canvas.width / columns, canvas.height / rows];
    context.clearRect(0, 0, canvas.width, canvas.height);
    cells.forEach((score, i) => {
      const t = strength(score), x = (i % columns) * size[0], y = Math.floor(i / columns) * size[1];
      context.fillStyle = `hsla(${Math.round(225 * (1 - t))}, 90%, 50%, ${(0.78 * t ** 1.5).toFixed(3)})`;
      context.fillRect(x, y, size[0] + 0.5, size[1] + 0.5);
      if (data.same_scale && score > state.threshold) {
        context.strokeStyle = "#fff"; context.lineWidth = 2;
        context.strokeRect(x + 1, y + 1, size[0] - 2, size[1] - 2);
      }
    });
  };

  const figure = (image, number) => {
    const said = ew.el("span", { class: "dim" }, `score ${ew.number(image.score)} · p ${ew.number(image.p)}`), shown = said.textContent;
    const canvas = maps && ew.el("canvas", { width: 320, height: Math.round(320 * data.side[1] / data.side[0]), class: "heat", hidden: !state.heat, "aria-hidden": "true" });
    if (canvas) heat(canvas, maps[number]);
    const point = (event) => {
      if (!canvas) return;
      const box = canvas.getBoundingClientRect(), [rows, columns] = data.grid;
      const [x, y] = [Math.floor((event.clientX - box.left) / box.width * columns), Math.floor((event.clientY - box.top) / box.height * rows)];
      const score = maps[number][y * columns + x];
      if (x >= 0 && x < columns && y >= 0 && y < rows) said.textContent = `here ${ew.number(score)} · image ${ew.number(image.score)}`;
    };
    const toggle = () => { node.classList.toggle("large"); node.setAttribute("aria-expanded", String(node.classList.contains("large"))); };
    const node = ew.el("figure", {
      class: `small picture ${wrong(image) ? "wrong" : ""}`, tabindex: "0", role: "button", "aria-expanded": "false", "aria-label": `${image.name}, ${image.label}, score ${ew.number(image.score)}, ${verdict(image)}`,
      onclick: toggle, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); } },
    },
    ew.el("figcaption", { title: image.file }, ew.el("b", {}, image.name), " ", ew.el("span", { class: "dim" }, image.label)),
    ew.el("div", { class: "layers", onpointermove: point, onpointerdown: point, onpointerleave: () => { said.textContent = shown; } },
      ew.el("img", { src: image.picture, alt: "", class: "image" }), canvas, image.mask && ew.el("img", { src: image.mask, alt: "", class: "image outline", hidden: !state.mask })),
    ew.el("p", {}, ew.chip(verdict(image), wrong(image) ? "abnormal" : over(image) ? "test" : "known"), " ", said));
    return node;
  };

  const numbered = data.images.map((image, number) => ({ image, number }));
  const kept = () => numbered.filter(({ image }) => state.only === "all" || (state.only === "wrong" ? wrong(image) : state.only === "over" ? over(image) : !over(image)))
    .sort((a, b) => (state.order === "wrong" ? wrong(b.image) - wrong(a.image) : 0) || (state.order === "low" ? a.image.score - b.image.score : b.image.score - a.image.score));
  const grid = ew.el("div", { class: "grid pictures" }), more = ew.el("button", { type: "button", class: "more", onclick: () => { state.most += 96; draw(); } }, "Show more");
  const tally = ew.el("p", { class: "lead", "aria-live": "polite" });
  const command = ew.el("code", {});
  const told = ew.el("p", { class: "warn", hidden: true }, "Chosen on these images, their figures are optimistic. To keep it: ", command);
  const draw = () => {
    const images = kept();
    grid.replaceChildren(...images.slice(0, state.most).map(({ image, number }) => figure(image, number)));
    more.hidden = images.length <= state.most;
    const count = (test) => data.images.filter(test).length, all = data.images.length < data.total ? `of ${data.images.length} of ${data.total} images here, ` : "";
    tally.replaceChildren(`Threshold ${ew.number(state.threshold, 4)}: ${all}${count(over)} above` + (judged ? `, ${count((i) => i.normal === true && over(i))} false alarms, ${count((i) => i.normal === false && !over(i))} missed.` : "."));
    told.hidden = state.threshold === data.threshold;
    command.textContent = `edgewright threshold ${data.run} --node ${data.node} --set ${Number(state.threshold.toPrecision(6))}`;
  };
  const scores = data.images.map((image) => image.score), [least, largest] = [Math.min(...scores, data.threshold), Math.max(...scores, data.threshold)];
  const slider = ew.el("input", { type: "range", min: 0, max: 1000, value: (data.threshold - least) / (largest - least || 1) * 1000, oninput: () => { state.threshold = least + slider.value / 1000 * (largest - least); draw(); } });
  const reset = ew.el("button", { type: "button", onclick: () => { state.threshold = data.threshold; slider.value = (data.threshold - least) / (largest - least || 1) * 1000; draw(); } }, `Suggested ${ew.number(data.threshold, 4)}`);
  const show = (name, text) => ew.el("label", { class: "check" }, ew.el("input", { type: "checkbox", checked: true, onchange: (event) => { state[name] = event.target.checked; for (const layer of grid.querySelectorAll(name === "heat" ? ".heat" : ".outline")) layer.hidden = !state[name]; } }), text);
  draw();
  return [
    ew.el("div", { class: "controls" },
      ew.select("show", [["all", "all"], ...(judged ? [["wrong", "decided wrongly"]] : []), ["over", "above the threshold"], ["under", "below it"]], state.only, (value) => { state.only = value; draw(); }),
      ew.select("order", [["score", "highest score first"], ["low", "lowest first"], ...(judged ? [["wrong", "mistakes first"]] : [])], state.order, (value) => { state.order = value; draw(); }),
      maps && show("heat", "heat map"), masks && show("mask", "outline of the mask"),
      ew.el("label", { class: "field wide" }, ew.el("span", {}, "threshold"), slider), reset),
    tally, told, grid, more,
    ew.el("p", { class: "note" }, maps ? `Heat: ${data.grid[1]} × ${data.grid[0]} places from blue to red, stronger with the score, on one scale for all images${data.same_scale ? "; a white border marks places above the threshold" : ""}. Point at a place for its score; Enter or a click enlarges.` : "The block gives no map of places. Enter or a click enlarges."),
  ];
};
