// The playground page: a pad, the picture that the network receives, every layer, and questions.
//
// One object, `state`, holds what the reader has done; `update` computes everything from it and
// paints what has changed, at most once a frame.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, drawing, explain, pad: pads, questions } = cnnbook;
  const { answer, buildRandom, bytesFromBase64, published, randomNumbers, receptiveField, run } = cnnbook.network;
  const { button, checkbox, choice, element, legend, paintMaps, percent, show, slider, write } = dom;

  const SHEET = pads.SHEET;
  const RASTER = 112; // a picture on the sheet is sampled at so many pixels
  const STILL = { x: 0, y: 0, scale: 1, angle: 0, noise: 0 };
  const SEED = 1;
  const PEN = { min: 6, max: 40, usual: 20 }; // its width on the sheet

  const state = {
    strokes: [],
    image: null, // {group, number, label, pixels}
    pen: PEN.usual,
    centred: true,
    move: { ...STILL },
    network: "article",
    sums: false, // show what a layer gives before its ReLU
    unit: null, // {layer, row, column, channel}; layer -1 is the picture
    view: "this", // or "kept", "difference", once a digit is kept
    kept: null,
  };

  const NETWORKS = {
    article: ["article's", "The network of the article that this book examines, as the book trained it"],
    fast: ["faster", "The book's faster network, of fewer parameters and trained in less time"],
    random: ["random", "The same layers with random weights, never trained"],
  };
  const networks = {};
  function networkNamed(name) {
    networks[name] ||=
      name === "random" ? buildRandom(cnnbook.published.article, SEED) : published(name);
    return networks[name];
  }

  // ---- From the drawing to what the network receives -------------------------------------------

  /** Where a point of the sheet goes when it is turned, scaled and shifted, and the way back. */
  function mover({ x, y, scale, angle }) {
    const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const middle = SHEET / 2;
    return {
      there: (px, py) => {
        const [dx, dy] = [(px - middle) * scale, (py - middle) * scale];
        return [c * dx - s * dy + middle + x, s * dx + c * dy + middle + y];
      },
      back: (px, py) => {
        const [dx, dy] = [(px - middle - x) / scale, (py - middle - y) / scale];
        return [c * dx + s * dy + middle, -s * dx + c * dy + middle];
      },
    };
  }

  function movedStrokes() {
    const { there } = mover(state.move);
    return state.strokes.map((stroke) => {
      const moved = [];
      for (let i = 0; i < stroke.length; i += 2) moved.push(...there(stroke[i], stroke[i + 1]));
      return moved;
    });
  }

  /** The sheet with a test digit on it, and strokes over it, as RASTER x RASTER pixels. */
  function rasterised(strokes) {
    const step = SHEET / RASTER;
    const raster = drawing.ink(
      strokes.map((stroke) => stroke.map((value) => value / step)),
      (state.pen * state.move.scale) / step,
      RASTER,
      1,
    );
    const { back } = mover(state.move);
    const { pixels } = state.image;
    for (let row = 0; row < RASTER; row++) {
      for (let column = 0; column < RASTER; column++) {
        const [x, y] = back((column + 0.5) * step, (row + 0.5) * step);
        const [u, v] = [x / 10 - 0.5, y / 10 - 0.5]; // a pixel of the digit is 10 wide
        const [left, top] = [Math.floor(u), Math.floor(v)];
        let value = 0;
        for (let r = top; r <= top + 1; r++) {
          for (let c = left; c <= left + 1; c++) {
            if (r < 0 || c < 0 || r > 27 || c > 27) continue;
            value += pixels[r * 28 + c] * (1 - Math.abs(u - c)) * (1 - Math.abs(v - r));
          }
        }
        const place = row * RASTER + column;
        raster[place] = Math.max(raster[place], value);
      }
    }
    return raster;
  }

  /** The test digit moved by whole pixels, which needs no sampling anew. */
  function shifted(right, down) {
    const pixels = new Float32Array(784);
    for (let row = 0; row < 28; row++) {
      for (let column = 0; column < 28; column++) {
        const [r, c] = [row - down, column - right];
        if (r >= 0 && c >= 0 && r < 28 && c < 28) pixels[row * 28 + column] = state.image.pixels[r * 28 + c];
      }
    }
    return pixels;
  }

  /** What the network receives: {pixels, back, empty}; back leads from a pixel to the sheet. */
  function receive(centred = state.centred) {
    const strokes = movedStrokes();
    let received;
    if (!state.image) {
      if (!strokes.length) received = { pixels: new Float32Array(784), empty: true };
      else if (centred) received = drawing.fromStrokes(strokes, SHEET);
      else {
        const small = strokes.map((stroke) => stroke.map((value) => value / 10));
        const pixels = drawing.ink(small, (state.pen * state.move.scale) / 10);
        received = { pixels, empty: pixels.every((value) => value === 0) };
      }
    } else {
      const { x, y, scale, angle } = state.move;
      const whole = !strokes.length && scale === 1 && !angle && x % 10 === 0 && y % 10 === 0;
      if (whole && ((!x && !y) || !centred)) received = { pixels: shifted(x / 10, y / 10) };
      else {
        const raster = rasterised(strokes);
        if (centred) {
          const step = SHEET / RASTER;
          received = drawing.fromPicture(raster, RASTER, RASTER);
          if (received.back) {
            const { back } = received;
            received = { ...received, back: (c, r) => back(c, r).map((value) => value * step) };
          }
        } else {
          const sheet = { left: 0, top: 0, right: RASTER, bottom: RASTER };
          received = { pixels: drawing.resample(raster, RASTER, RASTER, sheet, 28, 28) };
        }
      }
    }
    if (state.move.noise && !received.empty) {
      const random = randomNumbers(7);
      const noise = () => state.move.noise * (random() + random() + random() - 1.5);
      received = { ...received, pixels: received.pixels.map((v) => Math.min(1, Math.max(0, v + noise()))) };
    }
    return { back: (column, row) => [10 * column, 10 * row], ...received };
  }

  // ---- The page's parts ------------------------------------------------------------------------

  const parts = {}; // nodes that are painted again
  let layers = []; // one an entry of the network that is shown
  let now = null; // {received, network, result} of the last update
  let waiting = 0;

  function changed() {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      update();
    });
  }

  function update() {
    const network = networkNamed(state.network);
    const received = receive();
    const same = now?.network === network && now.received.pixels.every((value, i) => value === received.pixels[i]);
    if (!same) stopQuestions();
    now = { received, network, result: run(network, received.pixels) };
    paint();
    return now;
  }

  function paint() {
    parts.pad.draw();
    parts.small.layout = paintMaps(parts.small, now.received.pixels, [28, 28, 1], 1, "ink", 1);
    paintAnswer();
    for (const layer of layers) paintLayer(layer);
    paintMarks();
    paintInspector();
  }

  function paintAnswer() {
    const probabilities = now.result.values[now.result.values.length - 1];
    const digit = answer(now.result);
    const blank = now.received.empty;
    parts.bars.forEach(({ row, bar, text }, d) => {
      const p = blank ? 0 : probabilities[d];
      bar.style.transform = `scaleX(${p})`;
      write(text, blank ? "" : percent(p));
      row.classList.toggle("cb-best", !blank && d === digit);
    });
    const started = state.strokes.length || state.image;
    parts.verdict.textContent = blank ? (started ? "…" : "?") : String(digit);
    parts.note.textContent = blank
      ? started
        ? state.centred
          ? "Too small to be a digit: draw a longer stroke."
          : "Nothing of it is on the sheet."
        : "Draw a digit, or choose a test digit."
      : `${percent(probabilities[digit])} sure` +
        (state.image ? `; the right answer is ${state.image.label}` : "");
    if (!started) parts.speaker.say("The pad is empty.");
    else if (blank) parts.speaker.say(parts.note.textContent);
    else {
      const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
      parts.speaker.say(
        `Read as ${digit}, ${percent(probabilities[digit])}. Next ${order[1]}, ${percent(probabilities[order[1]])}.`,
      );
    }
  }

  /** The numbers of a layer that are shown: of this digit, of the kept one, or their difference. */
  function shown(i, what = state.sums ? "sums" : "values") {
    const numbers = now.result[what][i];
    const kept = state.kept && state.kept.network === state.network ? state.kept.result[what][i] : null;
    if (!kept || state.view === "this") return numbers;
    return state.view === "kept" ? kept : numbers.map((value, k) => value - kept[k]);
  }

  function paintLayer(layer) {
    const values = shown(layer.index);
    const scale = dom.largest(values);
    layer.legend.set(scale, dom.anyNegative(values));
    if (layer.cells) {
      const [sums, shares] = [shown(layer.index, "sums"), shown(layer.index, "values")];
      layer.cells.forEach((cell, digit) => {
        cell.style.cssText = dom.cellStyle(values[digit], scale);
        write(cell.children[1], show(sums[digit]));
        write(cell.children[2], percent(shares[digit]));
      });
      return;
    }
    layer.layout = paintMaps(layer.canvas, values, layer.shape, layer.columns, "signed", scale);
  }

  // ---- Touching a unit -------------------------------------------------------------------------

  function select(unit, { focus = false } = {}) {
    state.unit = unit;
    placeInspector();
    if (now) {
      paintMarks();
      paintInspector();
      parts.pad.draw();
      if (unit) {
        const value = explain.valueAt(now.network, now.result, unit.layer, unit);
        parts.speaker.say(`${explain.nameOf(now.network, unit.layer, unit)}: ${show(value)}`, 400);
      }
    }
    if (focus) parts.inspectorTitle.focus({ preventScroll: true });
  }

  /**
   * The panel sticks to the lower edge of the window; in the tour, where it would lie on what a step
   * speaks of, it stands below the layer of its unit.
   */
  function placeInspector() {
    const layer = step >= 0 && state.unit && layers.find(({ index }) => index === state.unit.layer);
    const before = layer ? layer.node : parts.right.lastElementChild;
    if (before !== parts.inspector && before.nextElementSibling !== parts.inspector) before.after(parts.inspector);
  }

  /** Close the panel, and go back to where it was opened. */
  function closeInspector() {
    const { layer, channel } = state.unit;
    const entry = layers.find(({ index }) => index === layer);
    select(null);
    if (entry?.cells) entry.cells[channel].focus();
    else (entry ? entry.body : parts.smallMaps).focus();
  }

  function stepBack() {
    const { unit } = state;
    if (!unit || unit.layer < 0) return;
    const { source, terms } = explain.termsOf(now.network, now.result, unit.layer, unit);
    goTo(source, explain.strongest(terms));
  }

  function goTo(layer, { row, column, channel }) {
    select({ layer, row, column, channel });
    parts.inspectorTitle.focus({ preventScroll: true });
  }

  /** Move the chosen unit within its layer. */
  function nudge({ right = 0, down = 0, map = 0 }) {
    const { unit } = state;
    const shape = explain.shapeOf(now.network, unit.layer);
    const wrap = (value, size) => (value + size) % size;
    if (shape.length === 1) {
      const columns = layers.find((layer) => layer.index === unit.layer).columns;
      const step = right + map + down * (columns || 1);
      select({ ...unit, channel: wrap(unit.channel + step, shape[0]) });
      return;
    }
    const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
    select({
      ...unit,
      row: clamp(unit.row + down, shape[0]),
      column: clamp(unit.column + right, shape[1]),
      channel: wrap(unit.channel + map, shape[2]),
    });
  }

  function mapKeys(event, layer) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = {
      ArrowLeft: { right: -1 }, ArrowRight: { right: 1 }, ArrowUp: { down: -1 }, ArrowDown: { down: 1 },
      PageUp: { map: -1 }, PageDown: { map: 1 },
    };
    if (event.key === "Escape") select(null);
    else if (event.key === "Enter" || event.key in moves) {
      if (!state.unit || state.unit.layer !== layer) {
        const shape = explain.shapeOf(now.network, layer);
        const middle = (size) => Math.floor(size / 2);
        select(
          shape.length === 1
            ? { layer, row: 0, column: 0, channel: 0 }
            : { layer, row: middle(shape[0]), column: middle(shape[1]), channel: 0 },
        );
      } else if (event.key === "Enter") stepBack();
      else nudge(moves[event.key]);
    } else return;
    event.preventDefault();
    event.stopPropagation(); // the theme turns pages with the arrow keys
  }

  /** The unit under a click on a layer's maps. */
  function unitAt(event, canvas, layout, layer, shape) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * layout.width) / box.width;
    const y = ((event.clientY - box.top) * layout.height) / box.height;
    const channel = Math.floor(y / layout.stepY) * layout.columns + Math.floor(x / layout.stepX);
    const channels = shape[shape.length - 1];
    if (x < 0 || y < 0 || channel < 0 || channel >= channels) return null;
    if (shape.length === 1) return { layer, row: 0, column: 0, channel };
    return {
      layer,
      row: Math.min(shape[0] - 1, Math.floor((y % layout.stepY) / layout.zoom)),
      column: Math.min(shape[1] - 1, Math.floor((x % layout.stepX) / layout.zoom)),
      channel,
    };
  }

  // ---- Outlines --------------------------------------------------------------------------------

  function outline(context, left, top, width, height, bold) {
    const accent = getComputedStyle(parts.root).getPropertyValue("--cb-accent");
    for (const [colour, thick] of [[dom.theme() === "dark" ? "#000" : "#fff", bold ? 5 : 3], [accent, bold ? 2.5 : 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.strokeRect(left, top, width, height);
    }
  }

  /** Outline fields {top, left, bottom, right, channel} on the maps of a canvas. */
  function mark(overlay, canvas, layout, fields) {
    if (!layout) return; // not painted yet
    if (!fields.length && !overlay.marked) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    const context = overlay.getContext("2d");
    if (overlay.width !== width || overlay.height !== height) {
      overlay.width = width;
      overlay.height = height;
    } else context.clearRect(0, 0, width, height);
    overlay.marked = fields.length > 0;
    const [sx, sy] = [width / layout.width, height / layout.height];
    for (const { top, left, bottom, right, channel = 0, bold } of fields) {
      const x = (channel % layout.columns) * layout.stepX + left * layout.zoom;
      const y = Math.floor(channel / layout.columns) * layout.stepY + top * layout.zoom;
      const pad = 1.5;
      // What reaches the edge of the canvas is outlined within it.
      const [x0, y0] = [Math.max(pad, x * sx - pad), Math.max(pad, y * sy - pad)];
      const x1 = Math.min(width - pad, (x + (right - left + 1) * layout.zoom) * sx + pad);
      const y1 = Math.min(height - pad, (y + (bottom - top + 1) * layout.zoom) * sy + pad);
      outline(context, x0, y0, x1 - x0, y1 - y0, bold);
    }
  }

  function fieldsOn(index) {
    const { unit } = state;
    if (!unit || !now) return [];
    const one = { top: unit.row, left: unit.column, bottom: unit.row, right: unit.column };
    const shape = explain.shapeOf(now.network, index);
    if (index === unit.layer) {
      return [shape.length === 1 ? { top: 0, left: 0, bottom: 0, right: 0, channel: unit.channel, bold: true } : { ...one, channel: unit.channel, bold: true }];
    }
    if (index > unit.layer) return [];
    const field = receptiveField(now.network, unit.layer, unit.row, unit.column, index);
    if (index === -1) return [{ ...field, channel: 0, bold: true }];
    if (index !== explain.sourceOf(now.network, unit.layer)) return [];
    const { kind } = now.network.layers[unit.layer];
    if (kind === "dense") {
      const { terms } = explain.termsOf(now.network, now.result, unit.layer, unit);
      return [...terms]
        .sort((a, b) => Math.abs(b.product) - Math.abs(a.product))
        .slice(0, 8)
        .map(({ row, column, channel }) => ({ top: row, left: column, bottom: row, right: column, channel }));
    }
    const channels = shape[shape.length - 1];
    if (kind === "conv") return Array.from({ length: channels }, (_, channel) => ({ ...field, channel }));
    return [{ ...field, channel: unit.channel, bold: true }];
  }

  function paintMarks() {
    mark(parts.smallMarks, parts.small, parts.small.layout, fieldsOn(-1));
    for (const layer of layers) {
      if (layer.cells) {
        layer.cells.forEach((cell, digit) => {
          const on = state.unit && state.unit.layer === layer.index && state.unit.channel === digit;
          cell.setAttribute("aria-pressed", String(Boolean(on)));
        });
      } else mark(layer.marks, layer.canvas, layer.layout, fieldsOn(layer.index));
    }
  }

  /** Paint the sheet: the test digit, the strokes, and the receptive field of the chosen unit. */
  function paintSheet(context) {
    const ink = dom.theme() === "dark" ? "#f0f0f0" : "#141414";
    context.save();
    if (state.image) {
      const { x, y, scale, angle } = state.move;
      context.translate(SHEET / 2 + x, SHEET / 2 + y);
      context.rotate((angle * Math.PI) / 180);
      context.scale(scale, scale);
      parts.stamp ||= element("canvas", {});
      paintMaps(parts.stamp, state.image.pixels, [28, 28, 1], 1, "ink", 1);
      context.drawImage(parts.stamp, -SHEET / 2, -SHEET / 2, SHEET, SHEET);
      context.restore();
      context.save();
    }
    context.strokeStyle = ink;
    pads.drawStrokes(context, movedStrokes(), state.pen * state.move.scale);
    context.restore();
    if (!now || !state.unit || now.received.empty) return;
    const [field] = fieldsOn(-1);
    if (!field) return;
    const [left, top] = now.received.back(field.left, field.top);
    const [right, bottom] = now.received.back(field.right + 1, field.bottom + 1);
    context.setLineDash([6, 4]);
    const edge = (value) => Math.min(SHEET - 2, Math.max(2, value));
    outline(context, edge(left), edge(top), edge(right) - edge(left), edge(bottom) - edge(top), true);
    context.setLineDash([]);
  }

  // ---- The panel with the arithmetic -----------------------------------------------------------

  function paintInspector() {
    const { unit } = state;
    parts.inspector.hidden = !unit;
    if (!unit) return;
    const value = explain.valueAt(now.network, now.result, unit.layer, unit);
    const title = `${explain.nameOf(now.network, unit.layer, unit)} = ${show(value)}`;
    const key = JSON.stringify([unit, state.network]);
    const body = explain.explain(now.network, now.result, unit.layer, unit, {
      channel: parts.inspector.key === key ? parts.inspector.channel : undefined,
      pick: (channel) => {
        Object.assign(parts.inspector, { channel, key });
        paintInspector();
      },
      go: (term) => goTo(explain.sourceOf(now.network, unit.layer), term),
    });
    // A button that is pressed twice must still be there: keep the focus where it was.
    const focused = parts.inspectorBody.contains(document.activeElement)
      ? [...parts.inspectorBody.querySelectorAll("button")].indexOf(document.activeElement)
      : -1;
    parts.inspectorTitle.textContent = title;
    parts.inspectorBody.replaceChildren(...body);
    if (focused >= 0) parts.inspectorBody.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
    const flat = explain.shapeOf(now.network, unit.layer).length === 1;
    for (const node of parts.inspector.querySelectorAll(".cb-in-map")) node.hidden = flat;
    for (const node of parts.inspector.querySelectorAll(".cb-maps-only")) node.hidden = unit.layer < 0;
    parts.stepBack.hidden = unit.layer < 0;
  }

  function buildInspector() {
    parts.inspectorTitle = element("h2", { class: "cb-inspector-title", tabindex: "-1" });
    parts.inspectorBody = element("div", { class: "cb-inspector-body" });
    parts.stepBack = button("Where it comes from", stepBack, {
      title: "Go to the value in the layer before that counts most",
    });
    const arrow = (text, label, move, extra) =>
      button(text, () => nudge(move), { "aria-label": label, class: `cb-button cb-square ${extra}` });
    parts.inspector = element(
      "section",
      { class: "cb-inspector", "aria-label": "The arithmetic of one value", hidden: true },
      element(
        "div",
        { class: "cb-inspector-head" },
        parts.inspectorTitle,
        button("×", closeInspector, { "aria-label": "Close", class: "cb-button cb-square cb-quiet" }),
      ),
      element(
        "div",
        { class: "cb-row" },
        parts.stepBack,
        arrow("−", "Map or unit before", { map: -1 }, "cb-maps-only"),
        arrow("+", "Next map or unit", { map: 1 }, "cb-maps-only"),
        arrow("←", "Left", { right: -1 }, "cb-in-map"),
        arrow("↑", "Up", { down: -1 }, "cb-in-map"),
        arrow("↓", "Down", { down: 1 }, "cb-in-map"),
        arrow("→", "Right", { right: 1 }, "cb-in-map"),
      ),
      parts.inspectorBody,
      element("p", { class: "cb-note" }, "Maps, rows, columns and units are counted from 0."),
    );
    parts.inspector.addEventListener("keydown", (event) => {
      if (event.key === "Escape") closeInspector();
      if (event.key.startsWith("Arrow")) event.stopPropagation();
    });
    return parts.inspector;
  }

  // ---- The layers ------------------------------------------------------------------------------

  const KINDS = {
    conv: (layer) =>
      `${layer.shape[2]} kernels of ${layer.size} × ${layer.size} × ${layer.inputShape[2]}` +
      (layer.activation === "relu" ? ", then ReLU" : ""),
    pool: (layer) => `the largest of every ${layer.size} × ${layer.size}`,
    relu: () => "batch normalisation, then ReLU",
    dense: (layer) =>
      `${layer.inputShape[0].toLocaleString("en")} weights a unit` +
      (layer.activation === "relu" ? ", then ReLU" : ", then softmax"),
  };

  function buildLayers() {
    const network = networkNamed(state.network);
    for (const { node } of layers) parts.resize.unobserve(node);
    layers = [];
    network.layers.forEach((layer, index) => {
      if (!(layer.kind in KINDS)) return;
      const entry = { index, shape: layer.shape, legend: legend() };
      const size = layer.shape.join(" × ");
      const parameters =
        layer.parameters + (layer.kind === "relu" ? network.layers[index - 1].parameters : 0);
      const head = element(
        "div",
        { class: "cb-layer-head" },
        element("h2", {}, layer.name),
        element("span", { class: "cb-size" }, size),
        element("span", {}, KINDS[layer.kind](layer)),
        element("span", {}, parameters ? `${parameters.toLocaleString("en")} parameters` : "nothing to learn"),
        entry.legend,
      );
      let body;
      if (layer.activation === "softmax") {
        entry.cells = Array.from({ length: layer.shape[0] }, (_, digit) =>
          element(
            "button",
            { type: "button", class: "cb-digit-cell", "aria-pressed": "false",
              onclick: () => select({ layer: index, row: 0, column: 0, channel: digit }, { focus: true }) },
            element("b", {}, String(digit)),
            element("span", { class: "cb-logit", title: "logit" }),
            element("span", { class: "cb-share" }),
          ),
        );
        body = element("div", { class: "cb-digits" }, ...entry.cells);
      } else {
        entry.canvas = element("canvas", {});
        entry.marks = element("canvas", { class: "cb-marks" });
        const what = layer.shape.length === 1 ? `${layer.shape[0]} units` : `${layer.shape[2]} maps of ${layer.shape[0]} by ${layer.shape[1]}`;
        body = element(
          "div",
          { class: "cb-maps", role: "application", tabindex: "0",
            "aria-label": `${layer.name}: ${what}. Enter chooses a value and steps back from it; arrows move, page keys change the map.` },
          entry.canvas,
          entry.marks,
        );
        body.addEventListener("click", (event) => {
          const unit = unitAt(event, entry.canvas, entry.layout, index, layer.shape);
          if (unit) select(unit);
        });
        body.addEventListener("keydown", (event) => mapKeys(event, index));
      }
      entry.node = element("section", { class: "cb-layer", "data-layer": layer.name }, head, body);
      entry.body = body;
      layers.push(entry);
    });
    parts.layers.replaceChildren(...layers.map(({ node }) => node));
    if (parts.right) placeInspector();
    for (const layer of layers) {
      if (!layer.cells) parts.resize.observe(layer.body);
      arrange(layer);
    }
  }

  /** Choose how many maps stand side by side: each wide enough for a finger. */
  function arrange(layer) {
    if (layer.cells) return false;
    const channels = layer.shape[layer.shape.length - 1];
    const width = layer.body.clientWidth || 700;
    const most = Math.max(1, Math.floor(width / 45));
    const even = [64, 32, 16, 8, 4].filter((count) => count <= Math.min(most, channels, 16));
    const columns = width > 420 ? even[0] : Math.min(most, channels);
    const before = layer.columns;
    layer.columns = columns;
    return before !== columns;
  }

  // ---- Controls --------------------------------------------------------------------------------

  function clearMove() {
    Object.assign(state.move, STILL);
    parts.sliders.forEach((each) => each.set(STILL[each.key]));
  }

  function clear() {
    state.image = null;
    clearMove();
    select(null);
    parts.pad.clear();
    parts.speaker.cancel();
    markExamples();
  }

  function place(group, number) {
    const digit = cnnbook.published.article.examples[group][number];
    state.strokes.length = 0;
    state.image = {
      group,
      number,
      label: digit.label,
      pixels: Float32Array.from(bytesFromBase64(digit.pixels), (value) => value / 255),
    };
    clearMove();
    markExamples();
    changed();
  }

  function markExamples() {
    for (const node of parts.examples) {
      const on = state.image && node.dataset.digit === `${state.image.group}:${state.image.number}`;
      node.setAttribute("aria-pressed", String(Boolean(on)));
    }
  }

  function buildExamples() {
    parts.examples = [];
    const titles = { typical: "Typical test digits", misread: "Test digits that the article's network misreads" };
    return Object.entries(titles).map(([group, title]) =>
      element(
        "div",
        { class: "cb-examples", role: "group", "aria-label": title },
        element("div", { class: "cb-small-title" }, title),
        element(
          "div",
          { class: "cb-row" },
          ...cnnbook.published.article.examples[group].map((digit, number) => {
            const canvas = element("canvas", { "aria-hidden": "true" });
            const pixels = Float32Array.from(bytesFromBase64(digit.pixels), (value) => value / 255);
            const node = button("", () => place(group, number), {
              class: "cb-example",
              "aria-label": `Test digit number ${digit.index}, a ${digit.label}`,
              "aria-pressed": "false",
              "data-digit": `${group}:${number}`,
            });
            node.append(canvas);
            repainted(canvas, () => paintMaps(canvas, pixels, [28, 28, 1], 1, "ink", 1));
            parts.examples.push(node);
            return node;
          }),
        ),
      ),
    );
  }

  function buildSliders() {
    const pixels = (value) => `${(value / 10).toFixed(0)} px`.replace("-", "−");
    const entries = [
      ["x", "right", { min: -120, max: 120, step: 10, show: pixels }],
      ["y", "down", { min: -120, max: 120, step: 10, show: pixels }],
      ["scale", "size", { min: 0.3, max: 1.5, step: 0.05, show: (v) => `${Math.round(100 * v)} %` }],
      ["angle", "turn", { min: -90, max: 90, step: 1, show: (v) => `${v}°`.replace("-", "−") }],
      ["noise", "noise", { min: 0, max: 1, step: 0.05, show: (v) => v.toFixed(2) }],
    ];
    parts.pen = slider("pen", { min: PEN.min, max: PEN.max, step: 2, value: state.pen, show: (v) => `${(v / 10).toFixed(1)} px` }, (value) => {
      state.pen = value;
      changed();
    });
    parts.sliders = entries.map(([key, text, options]) => {
      const row = slider(text, { ...options, value: STILL[key] }, (value) => {
        state.move[key] = value;
        changed();
      });
      row.key = key;
      return row;
    });
    return element(
      "details",
      { class: "cb-details" },
      element("summary", {}, "Change the pen; shift, scale, turn, add noise"),
      parts.pen,
      ...parts.sliders,
      button("Back as it was", () => {
        clearMove();
        changed();
      }),
    );
  }

  function buildAnswer() {
    parts.verdict = element("div", { class: "cb-verdict", "aria-hidden": "true" }, "?");
    parts.note = element("div", { class: "cb-note" });
    parts.bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = element("i", {});
      const text = element("span", { class: "cb-share" });
      const row = element("div", { class: "cb-bar" }, element("b", {}, String(digit)), element("span", { class: "cb-track" }, bar), text);
      return { row, bar, text };
    });
    return element(
      "div",
      { class: "cb-answer" },
      element("div", { class: "cb-answer-head" }, parts.verdict, parts.note),
      ...parts.bars.map(({ row }) => row),
    );
  }

  function chooseNetwork(name) {
    state.network = name;
    state.unit = null;
    state.view = "this";
    parts.networkChoice.choose(name);
    parts.networkNote.textContent = NETWORKS[name][1] + ".";
    buildLayers();
    paintKept();
    changed();
  }

  // ---- Ask -------------------------------------------------------------------------------------

  let running = null;
  function stopQuestions() {
    if (running) running.stop();
    running = null;
  }

  /** Paint a canvas now, and again when the theme changes. */
  function repainted(canvas, paintIt) {
    canvas.repaint = paintIt;
    paintIt();
  }

  function picture(title, pixels, kind, scale) {
    const canvas = element("canvas", { role: "img", "aria-label": title });
    repainted(canvas, () => paintMaps(canvas, pixels, [28, 28, 1], 1, kind, scale));
    const key = legend(kind);
    key.set(scale ?? dom.largest(pixels));
    return element("figure", { class: "cb-picture" }, canvas, element("figcaption", {}, title, key));
  }

  /** A question with a button; `ask(output)` fills its answer. */
  function question(title, text, ...controls) {
    const output = element("div", { class: "cb-output", "aria-live": "polite" });
    const node = element(
      "details",
      { class: "cb-details cb-question" },
      element("summary", {}, title),
      element("p", {}, text),
      element("div", { class: "cb-row" }, ...controls.map((make) => make(output))),
      output,
    );
    return node;
  }

  const needsDigit = (output) => {
    if (!now.received.empty) return false;
    output.replaceChildren(element("p", {}, "Draw or choose a digit first."));
    return true;
  };

  const STOPPED = "Stopped, since the digit changed or something else was asked.";

  async function askOcclusion(output) {
    if (needsDigit(output)) return;
    stopQuestions();
    const { network, received } = now;
    const told = element("p", {}, "Covering one place after another …");
    output.replaceChildren(told);
    running = questions.occlusion(network, received.pixels);
    const found = await running.done;
    if (!found) return void (told.textContent = STOPPED);
    output.replaceChildren(
      element(
        "div",
        { class: "cb-row" },
        picture("the picture", received.pixels, "ink", 1),
        picture(`fall of the logit of ${found.digit}`, found.map, "signed"),
      ),
      element("p", {}, `Orange: covering these pixels takes away from the ${found.digit}. Blue: covering them adds to it.`),
    );
  }

  async function askTurn(output, target) {
    if (needsDigit(output)) return;
    stopQuestions();
    const { network, received, result } = now;
    const before = answer(result);
    if (before === target) {
      output.replaceChildren(element("p", {}, `It is read as a ${target} already: choose another digit.`));
      return;
    }
    const told = element("p", {}, "Following the gradient …");
    output.replaceChildren(told);
    running = questions.turnInto(network, received.pixels, target);
    const found = await running.done;
    if (!found) return void (told.textContent = STOPPED);
    if (!found.found) {
      output.replaceChildren(element("p", {}, `No change was found that makes this a ${target}.`));
      return;
    }
    const most = dom.largest(found.difference);
    output.replaceChildren(
      element(
        "div",
        { class: "cb-row" },
        picture(`read as ${before}`, received.pixels, "ink", 1),
        picture("the change", found.difference, "signed"),
        picture(`read as ${target}`, found.picture, "ink", 1),
      ),
      element("p", {},
        `No pixel changes by more than ${show(most)}; the root of the sum of all squared changes is ${show(found.length)}. ` +
        "Does the last picture look like another digit to you?"),
    );
  }

  function barsOf(name, result) {
    const probabilities = result.values[result.values.length - 1];
    const digit = answer(result);
    return element(
      "div",
      { class: "cb-compared" },
      element("h3", {}, name),
      element("p", {}, `reads ${digit}, ${percent(probabilities[digit])}`),
      element(
        "div",
        { class: "cb-columns", role: "img", "aria-label": Array.from(probabilities, (p, d) => `${d}: ${percent(p)}`).join(", ") },
        ...Array.from(probabilities, (p, d) =>
          element("span", {}, element("i", { style: `height:${Math.max(1, 100 * p)}%` }), String(d))),
      ),
    );
  }

  function askNetworks(output) {
    if (needsDigit(output)) return;
    const compared = Object.keys(NETWORKS).map((name) => {
      const network = networkNamed(name);
      const result = run(network, now.received.pixels);
      const node = barsOf(NETWORKS[name][0], result);
      const first = network.layers.findIndex((layer) => layer.kind === "relu" || layer.activation === "relu");
      const canvas = element("canvas", { role: "img", "aria-label": `The first maps of the network: ${NETWORKS[name][0]}` });
      repainted(canvas, () => paintMaps(canvas, result.values[first], network.layers[first].shape, 8));
      node.append(canvas, element("span", { class: "cb-small-title" }, "its first maps after a ReLU"));
      return node;
    });
    output.replaceChildren(element("div", { class: "cb-row cb-side-by-side" }, ...compared));
  }

  function keepDigit() {
    if (needsDigit(parts.keptOutput)) return;
    state.kept = { network: state.network, pixels: now.received.pixels, result: now.result };
    paintKept();
    changed();
  }

  function paintKept() {
    const { kept } = state;
    const usable = kept && kept.network === state.network;
    if (!usable) state.view = "this";
    if (!parts.keptOutput) return;
    if (!kept) return;
    if (!usable) {
      parts.keptOutput.replaceChildren(element("p", {}, "The digit that you kept was read by another network: keep one again."));
      return;
    }
    const views = [["this", "this digit"], ["kept", "the kept one"], ["difference", "difference"]];
    parts.keptOutput.replaceChildren(
      element("div", { class: "cb-row cb-side-by-side" }, picture("the kept digit", kept.pixels, "ink", 1), barsOf("the kept digit", kept.result)),
      choice("The maps show", views, state.view, (view) => {
        state.view = view;
        paint();
      }),
      element("p", {}, "Now draw or choose another digit, and look at the layers. In a difference, orange is larger for the digit on the pad, blue for the kept one. A value that you touch is explained for the digit on the pad."),
    );
  }

  function buildQuestions() {
    const targets = element(
      "select",
      { class: "cb-select", "aria-label": "Turn it into", autocomplete: "off" },
      ...Array.from({ length: 10 }, (_, digit) => element("option", { value: digit }, `into a ${digit}`)),
    );
    return element(
      "section",
      { class: "cb-questions", "aria-label": "Ask" },
      element("h2", {}, "Ask"),
      question("Which pixels mattered?", "A small square of paper covers one place after another. Where does the answer suffer?",
        (output) => button("Cover and see", () => askOcclusion(output))),
      question("What would turn it into another digit?", "For each pixel, the gradient says whether more or less ink there favours the other digit. We follow it until the answer changes, then shorten the change as far as the answer allows.",
        () => targets,
        (output) => button("Change it", () => askTurn(output, Number(targets.value)))),
      question("How do two digits differ?", "Keep the digit that is on the pad, then draw another. Every layer can show the one, the other, or the difference.",
        (output) => {
          parts.keptOutput = output;
          return button("Keep this digit", keepDigit);
        }),
      question("What would another network say?", "The same picture, read by the article's network, by the book's faster one, and by a network that has learned nothing.",
        (output) => button("Compare", () => askNetworks(output))),
    );
  }

  // ---- A link that carries the state -----------------------------------------------------------

  const HASH = "#play=";
  const LONGEST_LINK = 20000; // numbers in its strokes
  let lastHash = ""; // the last one that was made or read

  function toLink() {
    const short = {
      n: state.network,
      c: state.centred ? 1 : 0,
      p: state.pen,
      m: Object.values(state.move),
      s: state.strokes.map((stroke) => stroke.map(Math.round)),
      i: state.image ? [state.image.group, state.image.number] : 0,
      u: state.unit ? [state.unit.layer, state.unit.row, state.unit.column, state.unit.channel] : 0,
    };
    const text = btoa(JSON.stringify(short)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    return location.href.split("#")[0] + HASH + text;
  }

  /** Take a state from a link; whatever does not make sense is left out. */
  function fromLink(hash) {
    if (!hash.startsWith(HASH) || hash === lastHash) return false;
    lastHash = hash;
    let short;
    try {
      short = JSON.parse(atob(hash.slice(HASH.length).replace(/-/g, "+").replace(/_/g, "/")));
    } catch {
      return false;
    }
    if (short === null || typeof short !== "object") return false;
    const number = (value, low, high, otherwise) =>
      Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
    const isList = Array.isArray;
    chooseNetwork(typeof short.n === "string" && Object.hasOwn(NETWORKS, short.n) ? short.n : "article");
    setCentred(short.c !== 0);
    state.pen = number(short.p, PEN.min, PEN.max, PEN.usual);
    parts.pen.set(state.pen);
    state.image = null;
    const examples = cnnbook.published.article.examples;
    const [group, digit] = isList(short.i) ? short.i : [];
    if (typeof group === "string" && Object.hasOwn(examples, group) && Number.isInteger(digit) && examples[group][digit]) {
      place(group, digit);
    }
    state.strokes.length = 0;
    let room = LONGEST_LINK; // a drawing that no hand has made would keep the page busy for minutes
    for (const stroke of isList(short.s) ? short.s : []) {
      if (!isList(stroke) || stroke.length < 2 || stroke.length % 2 || stroke.length > room) continue;
      room -= stroke.length;
      state.strokes.push(stroke.map((value) => number(value, 0, SHEET, 0)));
    }
    const moves = isList(short.m) ? short.m : [];
    const limits = { x: 120, y: 120, scale: 1.5, angle: 90, noise: 1 };
    Object.keys(STILL).forEach((key, k) => {
      const low = key === "scale" ? 0.3 : key === "noise" ? 0 : -limits[key];
      state.move[key] = number(moves[k], low, limits[key], STILL[key]);
    });
    parts.sliders.forEach((each) => each.set(state.move[each.key]));
    const network = networkNamed(state.network);
    state.unit = null;
    if (isList(short.u) && Number.isInteger(short.u[0]) && short.u[0] >= -1 && short.u[0] < network.layers.length) {
      const shape = explain.shapeOf(network, short.u[0]);
      const shownLayer = short.u[0] < 0 || network.layers[short.u[0]].kind in KINDS;
      const limit = shape.length === 1 ? [1, 1, shape[0]] : shape;
      const fits = limit.every((size, k) => Number.isInteger(short.u[k + 1]) && short.u[k + 1] >= 0 && short.u[k + 1] < size);
      if (shownLayer && fits) {
        const [layer, row, column, channel] = short.u;
        state.unit = { layer, row, column, channel };
      }
    }
    return true;
  }

  function setCentred(value) {
    state.centred = value;
    parts.centred.set(value);
  }

  function buildLink() {
    const field = element("input", { class: "cb-link", readonly: true, "aria-label": "The link", hidden: true, onfocus: () => field.select() });
    const told = element("span", { class: "cb-note", role: "status" });
    const make = button("Link to this", async () => {
      const link = toLink();
      try {
        lastHash = new URL(link).hash; // coming back to it later must not undo what was drawn since
        history.replaceState(null, "", link);
      } catch {
        // Some browsers forbid it to pages opened as a file.
      }
      field.value = link;
      field.hidden = false;
      field.select();
      try {
        await navigator.clipboard.writeText(link);
        told.textContent = "Copied: it holds the drawing, the network and the chosen value.";
      } catch {
        told.textContent = "Copy it from here: it holds the drawing, the network and the chosen value.";
      }
    });
    return element("div", { class: "cb-row" }, make, field, told);
  }

  // ---- The tour --------------------------------------------------------------------------------

  // As large as MNIST's digits are, in a corner of the sheet.
  const CORNER_SEVEN = [14, 20, 70, 14, 134, 18, 104, 84, 76, 140, 58, 200];
  const CORNERS = [[0, 0], [132, 0], [0, 66], [132, 66]];

  function readAs(centred) {
    return answer(run(networkNamed(state.network), receive(centred).pixels));
  }

  const STEPS = [
    {
      title: "A 7 in a corner",
      chapter: ["training", "Train a network to read digits"],
      part: () => parts.pad,
      set: () => {
        chooseNetwork("article");
        clear();
        setCentred(false);
        for (const corner of CORNERS) {
          state.strokes[0] = CORNER_SEVEN.map((value, i) => value + corner[i % 2]);
          if (readAs(false) !== 7) break; // the network of each build errs in its own way
        }
      },
      text: () =>
        `Here is a 7 in a corner. Given as it is, it is read as a ${readAs(false)}; scaled and centred, as a ${readAs(true)}. ` +
        "In training the network saw digits in the middle only, and learned strokes together with their places; step 5 shows how. " +
        "Tick and untick “Scale and centre”, and watch the answer.",
    },
    {
      title: "A feature map",
      chapter: ["convolution", "Slide a kernel over an image"],
      part: () => layers[0].node,
      set: () => {
        chooseNetwork("article");
        setCentred(true);
        if (!state.image && !state.strokes.length) place("typical", 7);
      },
      text: () =>
        "The digit is centred again. The first layer, conv1, slides 32 small windows over it. Each holds nine numbers, " +
        "its weights, found in training; such a window is a kernel. At each place it gives one number, large where the " +
        "strokes fit the weights: an edge on one side, say, or a line of one slant. Its numbers, in rows and columns, " +
        "are a feature map: a picture of where one feature is. A window of 3 × 3 fits into 28 rows at 26 places. " +
        "(A map that is pale orange all over has a number added everywhere, its bias: look for what is darker.)",
    },
    {
      title: "One number of it",
      chapter: ["convolution", "Slide a kernel over an image"],
      part: () => layers[0].node,
      set: () => selectStrongest(0),
      text: () =>
        "This is the largest number of conv1. Each of the nine outlined pixels is multiplied by the weight at its place; " +
        "the products are added up, and the bias with them. ReLU turns a sum below zero into zero; this one stays. " +
        "Press a pixel in the panel to step back to it, or touch any other value.",
    },
    {
      title: "Why pooling makes maps smaller",
      chapter: ["pooling", "Make maps smaller by pooling"],
      part: () => layers[1].node,
      set: () => selectStrongest(1),
      text: () =>
        "pool1 cuts each map into squares of 2 × 2 numbers and keeps the largest of each: 26 rows and columns become 13. " +
        "The map is drawn as large as before, in coarser squares. It says that the feature is in this square, no longer " +
        "at which of four places. The next layer has a quarter of the numbers to read.",
    },
    {
      title: "From maps to units",
      chapter: ["architecture", "Follow a digit through the network"],
      part: () => layers[4].node,
      set: () => selectStrongest(5),
      text: () =>
        "conv2 and pool2 do the same again with the maps of pool1 in place of the picture, and leave 64 maps of 5 × 5: 1,600 numbers. " +
        "dense1 makes 128 numbers of them, its units. A unit has a weight for every map and every place, so a stroke that " +
        "stands elsewhere meets other weights: that is how the 7 of step 1 was misread. Below is the largest unit, and what counts most in it.",
    },
    {
      title: "Ten probabilities",
      chapter: ["loss", "Measure how wrong an answer is"],
      part: () => layers[5].node,
      set: () => selectStrongest(6),
      text: () =>
        "dense2 adds up one sum for each digit: the larger, the better the picture fits it. Softmax turns the ten sums into " +
        "ten probabilities that add up to 1, and the largest is the answer. Now clear the pad, and draw your own.",
    },
  ];

  function selectStrongest(layer) {
    chooseNetwork("article");
    update();
    const values = now.result.values[layer];
    const shape = explain.shapeOf(now.network, layer);
    const best = values.indexOf(Math.max(...values));
    const channels = shape[shape.length - 1];
    if (shape.length === 1) return select({ layer, row: 0, column: 0, channel: best });
    const place = Math.floor(best / channels);
    return select({ layer, row: Math.floor(place / shape[1]), column: place % shape[1], channel: best % channels });
  }

  let step = -1;
  function buildTour() {
    const title = element("h2", { tabindex: "-1" });
    const text = element("p", {});
    const link = element("a", {});
    const back = button("Back", () => show(step - 1));
    const next = button("Next", () => show(step + 1), { class: "cb-button cb-primary" });
    const end = button("End the tour", () => show(-1), { class: "cb-button cb-quiet" });
    const card = element(
      "section",
      { class: "cb-tour", "aria-label": "Guided tour", hidden: true },
      element("div", { class: "cb-tour-head" }, title, element("div", { class: "cb-row" }, back, next, end)),
      text,
      element("p", { class: "cb-note" }, "More in the chapter ", link, "."),
    );
    const start = button("A tour of six steps", () => show(0), { class: "cb-button cb-primary" });
    function show(number) {
      document.querySelectorAll(".cb-toured").forEach((node) => node.classList.remove("cb-toured"));
      step = number < STEPS.length ? number : -1;
      card.hidden = step < 0;
      if (step < 0) {
        placeInspector();
        start.focus();
        return;
      }
      const { title: heading, chapter, part, set, text: say } = STEPS[step];
      set();
      update();
      title.textContent = `${step + 1} of ${STEPS.length}: ${heading}`;
      text.textContent = say();
      link.textContent = chapter[1];
      link.href = `${chapter[0]}.html`;
      back.disabled = step === 0;
      next.textContent = step === STEPS.length - 1 ? "Done" : "Next";
      // Above the layers where they stand beside the drawing, else above both: the card stays in
      // view, and what it is about comes right under it.
      const wide = matchMedia("(min-width: 1100px)").matches;
      if (wide) parts.right.prepend(card);
      else parts.stage.before(card);
      const target = part();
      target.classList.add("cb-toured");
      title.focus({ preventScroll: true });
      const anchor = wide && target === parts.pad ? parts.stage : target;
      anchor.style.scrollMarginTop = anchor === parts.stage ? "5rem" : `calc(${card.offsetHeight}px + 5rem)`;
      anchor.scrollIntoView({ block: "start", behavior: dom.calm() ? "auto" : "smooth" });
    }
    return { start, card };
  }

  // ---- Putting the page together ---------------------------------------------------------------

  function start(root) {
    parts.root = root;
    document.documentElement.classList.add("cb-page"); // room for the layers
    parts.speaker = dom.announcer();
    const penSpeaker = dom.announcer(); // its own: the answer, which comes later, would silence it
    parts.pad = pads.makePad({
      strokes: state.strokes,
      paint: paintSheet,
      changed,
      clear,
      say: (text, delay) => penSpeaker.say(text, delay),
    });
    parts.small = element("canvas", {});
    parts.smallMarks = element("canvas", { class: "cb-marks" });
    parts.smallMaps = element(
      "div",
      { class: "cb-maps cb-small", role: "application", tabindex: "0",
        "aria-label": "The 28 by 28 pixels that the network receives. Enter chooses a pixel; arrows move." },
      parts.small, parts.smallMarks,
    );
    parts.smallMaps.addEventListener("click", (event) => {
      const unit = unitAt(event, parts.small, parts.small.layout, -1, [28, 28, 1]);
      if (unit) select(unit);
    });
    parts.smallMaps.addEventListener("keydown", (event) => mapKeys(event, -1));
    parts.centred = checkbox("Scale and centre, as the training digits were", state.centred, (value) => {
      state.centred = value;
      changed();
    });
    parts.layers = element("div", { class: "cb-layers" });
    parts.resize = new ResizeObserver(() => {
      let anew = false;
      for (const layer of layers) anew = arrange(layer) || anew;
      if (now) changed();
    });
    parts.networkNote = element("p", { class: "cb-note" }, `${NETWORKS.article[1]}.`);
    parts.networkChoice = choice("Network", Object.entries(NETWORKS).map(([name, [text]]) => [name, text]), state.network, chooseNetwork);
    const before = checkbox("Show the sums before ReLU sets the negative ones to zero", state.sums, (value) => {
      state.sums = value;
      changed();
    });
    const tour = buildTour();
    const left = element(
      "div",
      { class: "cb-left" },
      element(
        "div",
        { class: "cb-sheet" },
        parts.pad,
        element("div", { class: "cb-row" }, button("Clear", clear), button("Undo", () => parts.pad.undo())),
        penSpeaker,
      ),
      element(
        "div",
        { class: "cb-received" },
        element("div", { class: "cb-small-title" }, "What the network receives: 28 × 28 × 1"),
        parts.smallMaps,
        parts.centred,
      ),
      buildAnswer(),
    );
    parts.right = element(
      "div",
      { class: "cb-right" },
      element("div", { class: "cb-given" }, ...buildExamples(), buildSliders()),
      element("div", { class: "cb-bar-top" }, parts.networkChoice, before),
      parts.networkNote,
      element("p", { class: "cb-note" },
        "Beside each layer: its size, what it does, and how many numbers (parameters) training had to find."),
      parts.layers,
      buildInspector(),
    );
    parts.stage = element("div", { class: "cb-stage" }, left, parts.right);
    root.replaceChildren(
      element("div", { class: "cb-row" }, tour.start, element("span", { class: "cb-note" }, "or draw a digit, and touch anything.")),
      tour.card,
      parts.stage,
      buildLink(),
      buildQuestions(),
      parts.speaker,
    );
    buildLayers();
    if (!fromLink(location.hash)) place("typical", 7);
    update();
    addEventListener("hashchange", () => fromLink(location.hash) && changed());
    dom.onTheme(() => {
      root.querySelectorAll("canvas").forEach((canvas) => canvas.repaint?.());
      changed();
    });
    root.classList.add("cb-ready");
  }

  const root = document.querySelector(".cnnbook-playground");
  if (root && cnnbook.published?.article) start(root);

  // For scripts and tests: the state, and what becomes of it.
  cnnbook.playground = { clear, place, receive, select, state, toLink, update };
})();
