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
  const HEADER = 56; // of the theme, at the top of the window
  const PEN = { min: 6, max: 40, usual: 20 }; // its width on the sheet

  const state = {
    strokes: [],
    image: null, // {group, number, label, pixels}: a test digit, in place of strokes
    given: false, // the strokes are the tour's, not the reader's
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

  /** The sheet with a moved test digit on it, as RASTER x RASTER pixels. */
  function rasterised() {
    const step = SHEET / RASTER;
    const raster = new Float32Array(RASTER * RASTER);
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
        raster[row * RASTER + column] = value;
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
    let received;
    if (!state.image) {
      const strokes = movedStrokes();
      if (!strokes.length) received = { pixels: new Float32Array(784), empty: true };
      else if (centred) received = drawing.fromStrokes(strokes, SHEET);
      else {
        const small = strokes.map((stroke) => stroke.map((value) => value / 10));
        const pixels = drawing.ink(small, (state.pen * state.move.scale) / 10);
        received = { pixels, empty: pixels.every((value) => value === 0) };
      }
    } else {
      const { x, y, scale, angle } = state.move;
      const whole = scale === 1 && !angle && x % 10 === 0 && y % 10 === 0;
      if (whole && ((!x && !y) || !centred)) received = { pixels: shifted(x / 10, y / 10) };
      else {
        const raster = rasterised();
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
    if (layer.lens) paintLens(layer, scale);
  }

  // ---- Touching a unit -------------------------------------------------------------------------

  /** Choose a unit. The panel with its arithmetic stands after the node `after`, where there is no room beside. */
  function select(unit, { focus = false, after = null } = {}) {
    state.unit = unit;
    if (unit && unit.layer >= 0) lensMaps.set(mapsOf(now?.network ?? networkNamed(state.network), unit.layer), unit.channel);
    placeInspector(after);
    if (now) {
      for (const layer of layers) if (layer.lens) paintLens(layer);
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

  // The panel stands in the column of the drawing where that has room for it, else in the text: below
  // what was touched, and never on it.
  const roomBeside = matchMedia("(min-width: 1100px) and (min-height: 760px)");

  function placeInspector(after) {
    const layer = state.unit && layers.find(({ index }) => index === state.unit.layer);
    let before = parts.received;
    if (layer && !roomBeside.matches) {
      const stays = layer.node.contains(parts.inspector) ? parts.inspector.previousElementSibling : null;
      before = after || stays || (layer.lens ? layer.lens.node : layer.body);
    }
    if (before.nextElementSibling !== parts.inspector) before.after(parts.inspector);
  }

  /** Scroll as far as it takes to see the panel, and not so far that what was touched is gone. */
  function reveal(touched) {
    if (roomBeside.matches || !state.unit) return;
    const top = HEADER + 8;
    const missing = parts.inspector.getBoundingClientRect().bottom + 8 - innerHeight;
    const room = touched.top - top;
    const move = room < 0 ? room : Math.min(room, Math.max(0, missing));
    if (move) scrollBy({ top: move, behavior: dom.calm() ? "auto" : "smooth" });
  }

  /** The box on the screen of one map of a canvas. */
  function tileOf(canvas, layout, channel) {
    const box = canvas.getBoundingClientRect();
    const ratio = box.height / layout.height;
    const top = box.top + Math.floor(channel / layout.columns) * layout.stepY * ratio;
    return { top, bottom: top + layout.stepY * ratio };
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
    select({ layer, row, column, channel }, { focus: true });
    reveal((parts.inspector.previousElementSibling || parts.inspector).getBoundingClientRect());
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
          { after: event.currentTarget },
        );
        reveal(event.currentTarget.getBoundingClientRect());
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
        continue;
      }
      mark(layer.marks, layer.canvas, layer.layout, fieldsOn(layer.index));
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
      parts.inspectorBody,
      element(
        "div",
        { class: "cb-row cb-steps" },
        parts.stepBack,
        arrow("−", "Map or unit before", { map: -1 }, "cb-maps-only"),
        arrow("+", "Next map or unit", { map: 1 }, "cb-maps-only"),
        arrow("←", "Left", { right: -1 }, "cb-in-map"),
        arrow("↑", "Up", { down: -1 }, "cb-in-map"),
        arrow("↓", "Down", { down: 1 }, "cb-in-map"),
        arrow("→", "Right", { right: 1 }, "cb-in-map"),
      ),
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
    lensMaps.clear();
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
              onclick: () => {
                select({ layer: index, row: 0, column: 0, channel: digit }, { focus: true });
                reveal(entry.body.getBoundingClientRect());
              } },
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
          if (!unit) return;
          select(unit, { after: body });
          reveal(tileOf(entry.canvas, entry.layout, unit.channel));
        });
        body.addEventListener("keydown", (event) => mapKeys(event, index));
      }
      entry.lens = buildLens(network, index, entry);
      entry.node = element("section", { class: "cb-layer", "data-layer": layer.name }, head, entry.lens?.node, body);
      entry.body = body;
      layers.push(entry);
    });
    placeInspector();
    parts.layers.replaceChildren(...layers.map(({ node }) => node));
    for (const layer of layers) {
      if (!layer.cells) parts.resize.observe(layer.body);
      arrange(layer);
    }
  }

  /**
   * Choose how many maps stand side by side: each wide enough for a finger, or with a mouse so wide
   * that its numbers are as large as those of the layer before. Units are small: keys and the panel's
   * buttons lead from one to the next.
   */
  function arrange(layer) {
    if (layer.cells) return false;
    const coarse = matchMedia("(pointer: coarse)").matches;
    const vector = layer.shape.length === 1;
    const channels = layer.shape[layer.shape.length - 1];
    const width = layer.body.clientWidth || 700;
    const narrow = width <= 420;
    const least = vector ? (coarse || narrow ? 20 : 18) : coarse || narrow ? 45 : 34;
    const wanted = vector || narrow ? least : Math.max(least, 2.5 * layer.shape[1]);
    const most = Math.max(1, Math.floor(width / wanted));
    const even = [32, 16, 8, 4].find((count) => count <= Math.min(most, channels, vector ? 32 : 16));
    const columns = !vector && (narrow || 1.4 * even < most && most < 16) ? Math.min(most, channels) : even || most;
    const before = layer.columns;
    layer.columns = columns;
    return before !== columns;
  }

  // ---- One map, large --------------------------------------------------------------------------
  //
  // The first convolution shows one of its maps large beside its kernel, and each pooling the map
  // that it shrinks beside what is left of it, both to one scale. They share the number of the map.

  const lensMaps = new Map(); // of each layer that has maps of its own: which one is shown large

  /** The layer whose maps these are: pooling, and a ReLU of its own, keep the maps of the layer before. */
  function mapsOf(network, index) {
    while (["pool", "relu", "normalise", "crop"].includes(network.layers[index].kind)) index--;
    return index;
  }

  /** How a kernel answers across and down: the sum of its last column or row less that of its first. */
  function slopes({ size, weights: { kernel }, shape }, filter) {
    let [across, down] = [0, 0];
    const side = (line) => (line === 0 ? -1 : line === size - 1 ? 1 : 0);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const weight = kernel[(row * size + column) * shape[2] + filter];
        across += side(column) * weight;
        down += side(row) * weight;
      }
    }
    return { across, down };
  }

  /** The kernel that looks most like a detector of edges, among those that give nothing on paper. */
  function clearestKernel(layer) {
    const size = (filter) => {
      const { across, down } = slopes(layer, filter);
      const quiet = !layer.weights.bias.length || layer.weights.bias[filter] <= 0;
      return (quiet ? 1 : 0.1) * Math.max(Math.abs(across), Math.abs(down));
    };
    const filters = Array.from({ length: layer.shape[2] }, (_, filter) => filter);
    return filters.reduce((best, filter) => (size(filter) > size(best) ? filter : best));
  }

  function buildLens(network, index, entry) {
    const layer = network.layers[index];
    const source = explain.sourceOf(network, index);
    if (layer.kind !== "pool" && !(layer.kind === "conv" && source < 0)) return null;
    const maps = mapsOf(network, index);
    if (layer.kind === "conv") lensMaps.set(maps, clearestKernel(layer));
    const plate = (of, text) => {
      const [canvas, marks, title] = [element("canvas", {}), element("canvas", { class: "cb-over" }), element("figcaption", {})];
      const [height, width] = explain.shapeOf(network, of);
      const holder = element("div", { class: "cb-large", style: `--side:${width}` }, canvas, marks);
      holder.addEventListener("click", (event) => {
        const unit = unitAt(event, canvas, canvas.layout, of, [height, width, 1]);
        if (!unit) return;
        select({ ...unit, channel: lensMaps.get(maps) }, { after: lens.node });
        reveal(lens.node.getBoundingClientRect());
      });
      return { of, canvas, marks, title, text, node: element("figure", { class: "cb-plate-of-one" }, holder, title) };
    };
    const turn = (text, label, by) =>
      button(text, () => {
        const count = layer.shape[2];
        lensMaps.set(maps, (lensMaps.get(maps) + by + count) % count);
        // A chosen value goes along, from map to map.
        if (state.unit && [source, index].includes(state.unit.layer)) return nudge({ map: by });
        for (const each of layers) if (each.lens) paintLens(each);
        parts.speaker.say(`Map ${lensMaps.get(maps)}`, 400);
      }, { class: "cb-button cb-square", "aria-label": label });
    const plates =
      layer.kind === "conv"
        ? [plate(index, ({ size }) => size)]
        : [plate(source, ({ name, size }) => `${name}: ${size}`), plate(index, ({ name, size }) => `${name}: ${size}`)];
    const kernel = layer.kind === "conv" ? element("div", { class: "cb-kernel" }) : null;
    const title = element("div", { class: "cb-small-title" });
    const sign = element("div", { class: "cb-operator", "aria-hidden": "true" }, "→");
    const lens = {
      layer, maps, plates, kernel, title,
      node: element(
        "div",
        { class: "cb-lens" },
        element("div", { class: "cb-lens-row" }, kernel ?? plates[0].node, sign, plates[plates.length - 1].node),
        element("div", { class: "cb-lens-head" }, turn("−", `Map before, of ${layer.name}`, -1), turn("+", `Next map of ${layer.name}`, 1), title),
      ),
    };
    return lens;
  }

  function paintLens(entry, scale = dom.largest(shown(entry.index))) {
    const { layer, maps, plates, kernel, title } = entry.lens;
    if (!lensMaps.has(maps)) lensMaps.set(maps, unitOfLargest(entry.index).channel);
    const channel = lensMaps.get(maps);
    write(title, layer.kind === "conv" ? `Kernel ${channel}, and its map` : `Map ${channel}, and what is left of it`);
    for (const { of, canvas, marks, title: caption, text } of plates) {
      const [height, width, channels] = explain.shapeOf(now.network, of);
      const values = shown(of);
      const own = new Float32Array(height * width);
      for (let place = 0; place < own.length; place++) own[place] = values[place * channels + channel];
      canvas.layout = paintMaps(canvas, own, [height, width, 1], 1, "signed", scale);
      write(caption, text({ name: now.network.layers[of].name, size: `${height} × ${width}` }));
      const fields = fieldsOn(of).filter((field) => field.channel === channel);
      mark(marks, canvas, canvas.layout, fields.map((field) => ({ ...field, channel: 0 })));
    }
    const key = `${channel} ${dom.theme()}`;
    if (!kernel || kernel.key === key) return;
    kernel.key = key;
    const filters = layer.shape[2];
    const weights = Array.from({ length: layer.size ** 2 }, (_, k) => ({ weight: layer.weights.kernel[k * filters + channel] }));
    kernel.replaceChildren(explain.grid("weights", weights, "weight", layer.size, dom.largest(weights.map(({ weight }) => weight)), "signed"));
  }

  // ---- Controls --------------------------------------------------------------------------------

  function clearMove() {
    Object.assign(state.move, STILL);
    parts.sliders.forEach((each) => each.set(STILL[each.key]));
  }

  function clear() {
    state.image = null;
    state.given = false;
    clearMove();
    select(null);
    parts.pad.clear();
    parts.speaker.cancel();
    markExamples();
  }

  /** Before a stroke: what the reader has not drawn makes room for it. Says whether there was any. */
  function makeRoom() {
    if (!state.image && !state.given) return false;
    state.image = null;
    state.given = false;
    clearMove();
    parts.pad.clear();
    markExamples();
    return true;
  }

  function place(group, number) {
    const digit = cnnbook.published.article.examples[group][number];
    state.strokes.length = 0;
    state.given = false;
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
    now = null; // what it held was computed by another network
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
    state.given = false;
    const examples = cnnbook.published.article.examples;
    const [group, digit] = isList(short.i) ? short.i : [];
    if (typeof group === "string" && Object.hasOwn(examples, group) && Number.isInteger(digit) && examples[group][digit]) {
      place(group, digit);
    }
    state.strokes.length = 0;
    let room = LONGEST_LINK; // a drawing that no hand has made would keep the page busy for minutes
    for (const stroke of isList(short.s) && !state.image ? short.s : []) {
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

  const readAs = (result) => ({ digit: answer(result), share: Math.max(...result.values[result.values.length - 1]) });
  const resultOf = (centred) => run(networkNamed(state.network), receive(centred).pixels);
  const entryOf = (name) => layers.find(({ node }) => node.dataset.layer === name);
  const layerOf = (name) => networkNamed(state.network).layers[entryOf(name).index];
  const times = (count) => Array(2).fill(count).join(" × ");

  /** A digit as the network was trained on, in the middle; what the reader has drawn may stay. */
  function setDigit() {
    chooseNetwork("article");
    setCentred(true);
    if (state.given || (!state.image && !state.strokes.length)) place("typical", 7);
    update();
  }

  const STEPS = [
    {
      title: "One kernel, one map",
      chapter: ["convolution", "Convolution"],
      part: () => entryOf("conv1").lens.node,
      set: () => {
        setDigit();
        lensMaps.set(entryOf("conv1").index, clearestKernel(layerOf("conv1")));
        select(null);
      },
      text: () => {
        const { size, shape } = layerOf("conv1");
        return (
          `A kernel is a window of ${times(size)} weights, found in training. It gives one number at each place of the picture: ` +
          `a map of where its pattern is, here ${edgesOf(lensMaps.get(entryOf("conv1").index))}. ` +
          `Below are the maps of all ${shape[2]} kernels.`
        );
      },
    },
    {
      title: "One number of it",
      chapter: ["convolution", "Convolution"],
      part: () => entryOf("conv1").lens.node,
      set: () => {
        setDigit();
        select(unitOfLargest(entryOf("conv1").index, lensMaps.get(entryOf("conv1").index)));
      },
      text: () => {
        const { size } = layerOf("conv1");
        return (
          `The largest number of the map: ${size ** 2} pixels, each times the weight at its place, added up, and a bias with them. ` +
          "ReLU would turn a sum below zero into zero. The panel shows every product."
        );
      },
    },
    {
      title: "Pooling: the same map, smaller",
      chapter: ["pooling", "Pooling"],
      part: () => entryOf("pool1").lens.node,
      set: () => {
        setDigit();
        const { index } = entryOf("pool1");
        select(unitOfLargest(index, lensMaps.get(mapsOf(now.network, index))));
      },
      text: () => {
        const { size, shape, inputShape } = layerOf("pool1");
        return (
          `Of every ${times(size)} numbers pool1 keeps the largest: ${inputShape[0]} rows become ${shape[0]}. ` +
          `At which of the ${size ** 2} places it stood is forgotten, and the next layer has less to read.`
        );
      },
    },
    {
      title: "From maps to units",
      chapter: ["architecture", "Architecture"],
      part: () => entryOf("dense1").node,
      set: () => {
        setDigit();
        select(unitOfLargest(entryOf("dense1").index));
      },
      text: () => {
        const [rows, columns, maps] = layerOf("pool2").shape;
        const { shape, inputShape } = layerOf("dense1");
        return (
          `conv2 and pool2 do the same again and leave ${maps} maps of ${rows} × ${columns}: ${inputShape[0].toLocaleString("en")} numbers. ` +
          `Each of the ${shape[0]} units of dense1 has a weight of its own for every place of every map.`
        );
      },
    },
    {
      title: "Ten probabilities",
      chapter: ["loss", "Loss"],
      part: () => entryOf("dense2").node,
      set: () => {
        setDigit();
        select(unitOfLargest(entryOf("dense2").index));
      },
      text: () =>
        "dense2 adds up one sum for each digit. Softmax turns the ten sums into probabilities that add up to 1. " +
        "The largest is the answer.",
    },
    {
      title: "Why a 7 in a corner is misread",
      chapter: ["training", "Training"],
      part: () => parts.places,
      set: () => {
        chooseNetwork("article");
        clear();
        setCentred(false);
        for (const corner of CORNERS) {
          state.strokes[0] = CORNER_SEVEN.map((value, i) => value + corner[i % 2]);
          if (readAs(resultOf(false)).digit !== 7) break; // the network of each build errs in its own way
        }
        state.given = true;
        update();
        paintPlaces();
      },
      text: () =>
        `This 7 is read as a ${readAs(resultOf(false)).digit}; scaled and centred, as a ${readAs(resultOf(true)).digit}. ` +
        "The maps find its strokes in both places, but in the corner they meet other weights of dense1, learned from digits in the middle. " +
        "Tick “Scale and centre”, and watch.",
    },
  ];

  /** Which edges a kernel answers to: it is positive where the ink has to be, negative where paper. */
  function edgesOf(filter) {
    const { across, down } = slopes(layerOf("conv1"), filter);
    if (Math.abs(down) > Math.abs(across)) return down > 0 ? "upper edges of strokes" : "lower edges of strokes";
    return across > 0 ? "left edges of strokes" : "right edges of strokes";
  }

  /** The unit of a layer, or of one of its maps, that has the largest value. */
  function unitOfLargest(layer, map = null) {
    const values = now.result.values[layer];
    const shape = explain.shapeOf(now.network, layer);
    const channels = shape[shape.length - 1];
    let best = map ?? 0;
    for (let i = best; i < values.length; i += map === null ? 1 : channels) if (values[i] > values[best]) best = i;
    if (shape.length === 1) return { layer, row: 0, column: 0, channel: best };
    const place = Math.floor(best / channels);
    return { layer, row: Math.floor(place / shape[1]), column: place % shape[1], channel: best % channels };
  }

  /**
   * One map before dense1 and its weights to one unit, for the strokes in the middle and as they are:
   * of the maps that find the stroke about equally in both places, the one whose sum changes most, for
   * the unit that speaks most for the digit and is hurt most.
   */
  function comparePlaces() {
    const network = networkNamed("article");
    const dense = entryOf("dense1").index;
    const source = explain.sourceOf(network, dense);
    const [rows, columns, maps] = network.layers[source].shape;
    const { kernel } = network.layers[dense].weights;
    const units = network.layers[dense].shape[0];
    const results = [resultOf(true), resultOf(false)];
    const next = network.layers[network.layers.length - 1];
    const digit = answer(results[0]);
    const loss = (unit) =>
      Math.max(0, next.weights.kernel[unit * next.shape[0] + digit]) *
      (results[0].values[dense][unit] - results[1].values[dense][unit]);
    let unit = 0;
    for (let other = 1; other < units; other++) if (loss(other) > loss(unit)) unit = other;
    const compared = Array.from({ length: maps }, (_, map) => {
      const weights = Array.from({ length: rows * columns }, (_, place) => kernel[(place * maps + map) * units + unit]);
      const sides = results.map((result) => {
        const values = weights.map((_, place) => result.values[source][place * maps + map]);
        return {
          values,
          found: values.reduce((sum, value) => sum + value, 0),
          sum: values.reduce((sum, value, place) => sum + value * weights[place], 0),
        };
      });
      return { map, weights, sides };
    });
    const alike = ({ sides: [a, b] }) => Math.min(a.found, b.found) > 0.7 * Math.max(a.found, b.found);
    const fall = ({ sides: [a, b] }) => a.sum - b.sum;
    const fair = compared.filter(alike);
    const best = (fair.length ? fair : compared).reduce((most, each) => (fall(each) > fall(most) ? each : most));
    return { ...best, unit, columns, dense, source, results };
  }

  function paintPlaces() {
    const { map, unit, columns, weights, sides, dense, source, results } = comparePlaces();
    const { layers: all } = networkNamed("article");
    const scale = dom.largest(sides.flatMap(({ values }) => values));
    const most = dom.largest(weights);
    const square = (title, numbers, largest, outlined, text) =>
      element(
        "div",
        { class: "cb-grid", role: "img", "aria-label": `${title}: ${text}` },
        element("div", { class: "cb-grid-title" }, title),
        element(
          "div",
          { class: "cb-cells cb-tiny", style: `--columns:${columns}` },
          ...numbers.map((value, place) =>
            element("span", { class: `cb-cell${outlined[place] ? " cb-in" : ""}`, style: dom.cellStyle(value, largest) })),
        ),
      );
    const numbers = (list) => list.map((value) => show(value)).join(", ");
    const rows = sides.map(({ values, sum }, side) => {
      const under = values.map((value) => value > 0.25 * scale); // where the stroke is
      const read = readAs(results[side]);
      return element(
        "div",
        { class: "cb-place" },
        element("b", {}, side ? "In the corner" : "In the middle"),
        square(`map ${map}`, values, scale, under, numbers(values)),
        explain.operator("×"),
        square("weights", weights, most, under, numbers(weights)),
        explain.operator("="),
        element("div", { class: "cb-place-sum" }, element("strong", {}, show(sum)), element("span", {}, `read as ${read.digit}`)),
      );
    });
    const totals = results.map((result) => show(result.sums[dense][unit]));
    parts.places.replaceChildren(
      ...rows,
      element("p", { class: "cb-note" },
        `Unit ${unit} of ${all[dense].name} has ${weights.length} weights for map ${map} of ${all[source].name}, one for each place, the same in both rows. ` +
        `Outlined is where the map finds the stroke. Value times weight, added up, gives ${show(sides[0].sum)} in the middle and ${show(sides[1].sum)} in the corner; ` +
        `all maps and the bias together give the unit ${totals[0]} and ${totals[1]}, before ReLU. It is one of the units that speak for a ${answer(results[0])}.`),
    );
  }

  let step = -1;
  function buildTour() {
    const title = element("h2", { tabindex: "-1" });
    const text = element("p", {});
    const link = element("a", {});
    const told = element("div", {}, title, text);
    const back = button("Back", () => go(step - 1));
    const next = button("Next", () => go(step + 1), { class: "cb-button cb-primary" });
    const end = button("End", () => go(-1), { class: "cb-button cb-quiet", "aria-label": "End the tour" });
    const row = element("div", { class: "cb-row" }, back, next, end, element("span", { class: "cb-note" }, "More: ", link));
    const card = element("section", { class: "cb-tour", "aria-label": "Guided tour", hidden: true }, told, row);
    parts.places = element("figure", { class: "cb-places", "aria-label": "The same stroke meets other weights", hidden: true });
    const start = button(`A tour of ${["no", "one", "two", "three", "four", "five", "six"][STEPS.length]} steps`, () => go(0), { class: "cb-button cb-primary" });
    // On a narrow page the card scrolls away with what it is about, all but its buttons.
    new ResizeObserver(() => card.style.setProperty("--told", `${told.offsetHeight}px`)).observe(told);

    const scrollPadding = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0; // the theme's

    function go(number) {
      document.querySelectorAll(".cb-toured").forEach((node) => node.classList.remove("cb-toured"));
      const from = step;
      step = number < STEPS.length ? number : -1;
      card.hidden = step < 0;
      parts.places.hidden = true;
      if (step < 0) {
        if (from < 0) return;
        if (state.given) setCentred(true);
        select(null);
        changed();
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
      const target = part();
      target.hidden = false;
      target.classList.add("cb-toured");
      // Above all layers where they stand beside the drawing, and stays in view; else right above its
      // part. The last step speaks of the drawing as well.
      const wide = matchMedia("(min-width: 1100px)").matches;
      const last = target === parts.places;
      if (wide) parts.right.prepend(card);
      else if (last) parts.desk.after(card);
      else target.closest(".cb-layer").before(card);
      if (last) card.after(target);
      title.focus({ preventScroll: true });
      const behavior = dom.calm() ? "auto" : "smooth";
      const anchor = !wide ? (last ? parts.desk : card) : last ? parts.stage : target;
      const below = wide && !last ? card.offsetHeight + 16 : 0;
      anchor.style.scrollMarginTop = `${HEADER + 8 + below - scrollPadding()}px`;
      // The drawing stays in view as long as the window ends within the stage.
      const room = parts.stage.getBoundingClientRect().bottom - innerHeight + 8;
      if (wide && anchor.getBoundingClientRect().top - HEADER - 8 - below > room) {
        parts.stage.style.scrollMarginBottom = "8px";
        parts.stage.scrollIntoView({ block: "end", behavior });
      } else anchor.scrollIntoView({ block: "start", behavior });
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
      begin: makeRoom,
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
      if (!unit) return;
      select(unit);
      reveal(parts.smallMaps.getBoundingClientRect());
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
    parts.desk = element("div", { class: "cb-desk" }, parts.pad, buildAnswer());
    parts.received = element(
      "div",
      { class: "cb-received" },
      parts.smallMaps,
      element(
        "div",
        {},
        element("div", { class: "cb-row" }, button("Clear", clear), button("Undo", () => parts.pad.undo())),
        element("div", { class: "cb-small-title" }, "What the network receives: 28 × 28 × 1"),
        parts.centred,
      ),
    );
    const left = element(
      "div",
      { class: "cb-left" },
      element("div", { class: "cb-sheet" }, parts.desk, penSpeaker),
      parts.received,
      buildInspector(),
    );
    roomBeside.addEventListener("change", () => placeInspector());
    parts.right = element(
      "div",
      { class: "cb-right" },
      element("div", { class: "cb-given" }, ...buildExamples(), buildSliders()),
      element("div", { class: "cb-bar-top" }, parts.networkChoice, before),
      parts.networkNote,
      parts.layers,
    );
    parts.stage = element("div", { class: "cb-stage" }, left, parts.right);
    root.replaceChildren(
      element("div", { class: "cb-row" }, tour.start, element("span", { class: "cb-note cb-wide" }, "or draw a digit, and touch anything.")),
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
