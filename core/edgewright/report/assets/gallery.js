// Images: what the node makes of each place, the outline of the mask, and what another threshold would decide.
ew.panels.gallery = (data) => {
  const suggested = data.threshold.value, maps = data.maps ? ew.unpack(data.maps) : null, [low, high] = data.range || [0, 1];
  const judged = data.images.some((image) => image.normal !== null), masks = data.images.some((image) => image.mask), pairs = data.images.some((image) => image.compared);
  const state = { threshold: suggested, order: judged ? "wrong" : "score", only: "all", heat: true, mask: masks, pair: pairs, most: 48 };
  const above = (score) => Math.fround(score) > Math.fround(state.threshold); // as runs and devices compare
  const over = (image) => above(image.score);
  const wrong = (image) => image.normal !== null && image.normal === over(image);
  const verdict = (image) => (image.normal === null ? (over(image) ? "anomalous" : "normal") : over(image) ? (image.normal ? "false alarm" : "caught") : image.normal ? "passed" : "missed");
  const strength = (score) => Math.min(1, Math.max(0, (score - low) / (high - low)));
  const blue = [37, 99, 235], red = [225, 29, 36];

  // A pixel a place, which the page enlarges.
  const region = data.region && { corners: data.region.corners, cells: new Set(data.region.cells) }, counted = (i) => !region || region.cells.has(i);
  const heat = (cells) => {
    const [rows, columns] = data.grid, canvas = ew.el("canvas", { width: columns, height: rows, class: "heat", "aria-hidden": "true" });
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    cells.forEach((score, i) => {
      const t = strength(score);
      image.data.set([...blue.map((from, k) => Math.round(from + t * (red[k] - from))), Math.round(255 * 0.8 * t ** 1.5)], 4 * i);
    });
    context.putImageData(image, 0, 0);
    return canvas;
  };
  const border = (canvas, cells) => {
    const [rows, columns] = data.grid, { width, height } = canvas, context = canvas.getContext("2d");
    const x = (column) => Math.round(column / columns * width), y = (row) => Math.round(row / rows * height);
    context.clearRect(0, 0, width, height);
    const hot = (column, row) => column >= 0 && column < columns && row >= 0 && row < rows && counted(row * columns + column) && above(cells[row * columns + column]);
    const inside = (value, most) => Math.min(most - 1.5, Math.max(1.5, value)); // a border along the picture's edge is seen too
    context.beginPath();
    const line = (...ends) => { const [a, b, c, d] = ends; context.moveTo(inside(x(a), width), inside(y(b), height)); context.lineTo(inside(x(c), width), inside(y(d), height)); };
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
      if (!hot(column, row)) continue;
      if (!hot(column, row - 1)) line(column, row, column + 1, row);
      if (!hot(column, row + 1)) line(column, row + 1, column + 1, row + 1);
      if (!hot(column - 1, row)) line(column, row, column, row + 1);
      if (!hot(column + 1, row)) line(column + 1, row, column + 1, row + 1);
    }
    context.lineCap = "square";
    for (const [colour, thick] of [["rgba(0, 0, 0, 0.45)", 5], ["#fff", 3]]) { context.strokeStyle = colour; context.lineWidth = thick; context.stroke(); }
    if (region) {
      context.beginPath();
      for (const [left, top] of region.corners) context.lineTo(inside(left * width, width), inside(top * height, height));
      context.closePath(); context.setLineDash([9, 7]); context.lineWidth = 3; context.strokeStyle = "#00d5ff"; context.stroke(); context.setLineDash([]);
    }
  };

  // The worst place beside the place of a normal image that it was compared with.
  const patch = ({ picture, box }, text, title) => ew.el("div", { title },
    ew.el("div", { class: "layers" }, ew.el("img", { src: picture, alt: "", class: "image" }),
      ew.el("i", { class: "cell-box", style: Object.fromEntries(["left", "top", "width", "height"].map((name, i) => [name, `${100 * box[i]}%`])) })),
    ew.el("p", { class: "dim told" }, text));
  const pair = (image) => image.compared && ew.el("div", { class: "pair" }, patch(image.compared.here, "worst place", image.file),
    patch(image.compared.there, `normal: ${image.compared.name}`, `the nearest normal place is in ${image.compared.file || image.compared.name}`));

  const spoken = ew.el("p", { class: "unseen", "aria-live": "polite" });
  const figure = (image, number) => {
    const shown = `score ${ew.number(image.score)} · p ${ew.number(image.p)}`, said = ew.el("p", { class: "dim told" }, shown);
    // Maps are rounded to save room; the cell that decides has the image's score exactly.
    const cells = maps && (data.same_scale ? maps[number].map((score) => (Math.abs(score - image.score) <= data.maps.step ? image.score : score)) : maps[number]), [rows, columns] = data.grid || [1, 1];
    const canvas = maps && data.same_scale && ew.el("canvas", { width: 448, height: Math.round(448 * data.side[1] / data.side[0]), class: "heat", "aria-hidden": "true" });
    const cursor = ew.el("i", { class: "cursor", hidden: true });
    let at = null, touched = false;
    const look = (place) => {
      at = place; cursor.hidden = !place;
      if (!place) { said.textContent = shown; return; }
      const [column, row] = place, score = cells[row * columns + column];
      for (const [name, share] of [["left", column / columns], ["top", row / rows], ["width", 1 / columns], ["height", 1 / rows]]) cursor.style.setProperty(name, `${share * 100}%`);
      said.textContent = `${counted(row * columns + column) ? `here ${ew.number(score)}` : "outside of the region"} · image ${ew.number(image.score)}`;
    };
    const point = (event) => {
      touched = event.pointerType !== "mouse";
      if (!maps) return;
      const box = event.currentTarget.getBoundingClientRect(), within = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
      look([within((event.clientX - box.left) / box.width, columns), within((event.clientY - box.top) / box.height, rows)]);
    };
    const walk = (across, down) => {
      const peak = cells.indexOf(cells.reduce((most, score) => Math.max(most, score), -Infinity));
      look(at ? [Math.min(columns - 1, Math.max(0, at[0] + across)), Math.min(rows - 1, Math.max(0, at[1] + down))] : [peak % columns, Math.floor(peak / columns)]);
      const score = cells[at[1] * columns + at[0]];
      spoken.textContent = `row ${at[1] + 1}, column ${at[0] + 1}: ${counted(at[1] * columns + at[0]) ? "" : "outside of the region, "}${ew.number(score)}${data.same_scale ? above(score) ? ", above the threshold" : ", not above it" : ""}`;
    };
    const toggle = () => { node.classList.toggle("large"); node.setAttribute("aria-expanded", String(node.classList.contains("large"))); node.update(); };
    const layers = ew.el("div", { class: "layers", onpointermove: point, onpointerdown: point, onpointerleave: (event) => event.pointerType === "mouse" && look(null) },
      ew.el("img", { src: image.picture, alt: "", class: "image" }), maps && heat(cells), canvas, image.mask && ew.el("img", { src: image.mask, alt: "", class: "image outline" }), cursor);
    const judgement = ew.el("span", {}), beside = pair(image);
    const node = ew.el("figure", {
      class: "small picture", tabindex: "0", role: "button", "aria-expanded": "false",
      onclick: (event) => { if (!(maps && touched && layers.contains(event.target))) toggle(); }, // a finger on the picture asks for a score
      onblur: () => look(null),
      onkeydown: (event) => {
        const step = maps && { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (step) walk(...step); else if (event.key === "Enter" || event.key === " ") toggle(); else if (event.key === "Escape") look(null); else return;
        event.preventDefault();
      },
    },
    ew.el("figcaption", { title: image.file }, ew.el("b", {}, image.name)), layers,
    ew.el("p", { class: "told" }, judgement, " ", ew.el("span", { class: "dim", title: image.label }, image.label)), said, beside);
    node.update = () => {
      node.classList.toggle("wrong", wrong(image));
      node.setAttribute("aria-label", `${image.name}, ${image.label}, score ${ew.number(image.score)}, ${verdict(image)}`);
      judgement.replaceChildren(ew.chip(verdict(image), wrong(image) ? "abnormal" : over(image) ? "test" : "known"));
      if (canvas) border(canvas, cells);
      if (beside) beside.hidden = !state.pair || !(over(image) || wrong(image) || node.classList.contains("large"));
      for (const layer of layers.querySelectorAll(".heat")) layer.hidden = !state.heat;
      for (const layer of layers.querySelectorAll(".outline")) layer.hidden = !state.mask;
    };
    return node;
  };
  const figures = new Map(), figureOf = ({ image, number }) => figures.get(number) || figures.set(number, figure(image, number)).get(number);

  const numbered = data.images.map((image, number) => ({ image, number }));
  const kept = () => numbered.filter(({ image }) => state.only === "all" || (state.only === "wrong" ? wrong(image) : state.only === "over" ? over(image) : !over(image)))
    .sort((a, b) => (state.order === "wrong" ? wrong(b.image) - wrong(a.image) : 0) || (state.order === "low" ? a.image.score - b.image.score : b.image.score - a.image.score));
  const grid = ew.el("div", { class: "grid pictures" }), more = ew.el("button", { type: "button", class: "more", onclick: () => { state.most += 96; draw(); } }, "Show more");
  const tally = ew.el("p", { class: "lead", "aria-live": "polite" });
  const command = ew.el("code", {});
  const copy = ew.el("button", { type: "button", onclick: async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      copy.textContent = "Copied";
    } catch { // a browser may refuse pages from disk
      getSelection().selectAllChildren(command);
      copy.textContent = "Selected: press Ctrl+C";
    }
  } }, "Copy");
  const test = data.split === "test";
  const told = ew.el("div", { class: "warn", hidden: true }, test ? "Chosen on the test set: these metrics are optimistic. " : "", "To keep it: ", ew.el("div", { class: "command" }, command, copy));
  const draw = () => {
    const images = kept();
    grid.replaceChildren(...images.slice(0, state.most).map(figureOf));
    more.hidden = images.length <= state.most;
    decide();
  };
  // What the mistakes come to, of a split with both kinds.
  const share = (mistaken) => {
    const abnormal = data.images.filter((image) => image.normal === false).length, caught = abnormal - mistaken(false), flagged = caught + mistaken(true);
    return abnormal && abnormal < data.images.length ? `: precision ${flagged ? ew.number(caught / flagged) : "–"}, recall ${ew.number(caught / abnormal)}, F1 ${ew.number(2 * caught / (abnormal + flagged))}` : "";
  };
  const decide = () => {
    for (const node of grid.children) node.update();
    const count = (is) => data.images.filter(is).length, all = data.images.length < data.total ? `of ${data.images.length} of ${data.total} images here ` : "";
    const known = (normal) => count((image) => image.normal === normal), mistaken = (normal) => count((image) => image.normal === normal && wrong(image));
    tally.replaceChildren(`Threshold ${ew.number(state.threshold, 4)}: ${all}${count(over)} above` + (judged ? `, ${mistaken(true)} of ${known(true)} normal are false alarms, ${mistaken(false)} of ${known(false)} abnormal are missed${share(mistaken)}.` : "."));
    told.hidden = state.threshold === suggested; copy.textContent = "Copy";
    command.textContent = `edgewright threshold ${ew.info.path} --node ${data.node} --set ${state.threshold}${test ? " --on-test" : ""}`;
  };
  const scores = data.images.map((image) => image.score), least = Math.min(...scores, suggested), largest = Math.max(...scores, suggested);
  const home = (suggested - least) / (largest - least || 1) * 1000;
  // Six digits: what is decided here is what the command decides. Images change places when the slider is let go.
  const slider = ew.el("input", { type: "range", min: 0, max: 1000, value: home, onchange: () => draw(), oninput: () => { state.threshold = Number((least + slider.value / 1000 * (largest - least)).toPrecision(6)); decide(); } });
  const reset = ew.el("button", { type: "button", onclick: () => { state.threshold = suggested; slider.value = home; draw(); } }, "Reset");
  const show = (name, text) => ew.el("label", { class: "check" }, ew.el("input", { type: "checkbox", checked: true, onchange: (event) => { state[name] = event.target.checked; decide(); } }), text);
  draw();
  return [
    ew.el("div", { class: "controls" },
      ew.select("show", [["all", "all"], ...(judged ? [["wrong", "decided wrongly"]] : []), ["over", "above the threshold"], ["under", "below it"]], state.only, (value) => { state.only = value; draw(); }),
      ew.select("order", [...(judged ? [["wrong", "false alarms and misses first"]] : []), ["score", "highest score first"], ["low", "lowest first"]], state.order, (value) => { state.order = value; draw(); }),
      maps && show("heat", "heat map"), masks && show("mask", "outline of the mask"), pairs && show("pair", "nearest normal place")),
    ew.el("div", { class: "controls" }, ew.el("label", { class: "field wide" }, ew.el("span", {}, "threshold"), slider), reset,
      ew.el("span", { class: "dim" }, `${data.threshold.method === "manual" ? "Value of the run" : "Suggested value"} ${ew.number(suggested, 4)}, ${ew.based(data)}`)),
    tally, told, spoken, grid, more,
    ew.el("p", { class: "note" }, maps ? `Heat: ${data.grid[1]} × ${data.grid[0]} places from blue to red, stronger with the score, on one scale for all images${data.same_scale ? "; a white border is around places above the threshold" : ""}${region ? "; only the region within the dashed line counts" : ""}. Point at a place, tap it or walk there with the arrow keys for its score; Enter, a click, or a tap beside the picture enlarges.` : "The block gives no map of places. Enter or a click enlarges."),
  ];
};
