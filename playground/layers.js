// The layers of a network, each with all its maps or units.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, marks } = cnnbook;
  const { element, legend, paintMaps, percent, show, write } = dom;
  const { networkNamed, shown } = cnnbook.state;

  // The layers that the page shows, and what it says of them.
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
  const isShown = (layer) => layer.kind in KINDS;

  /**
   * How many maps of a layer stand side by side: each wide enough for a finger, or with a mouse so wide
   * that its numbers are as large as those of the layer before. Units are small: keys and the panel's
   * buttons lead from one to the next.
   */
  function columnsFor(shape, width) {
    const coarse = matchMedia("(pointer: coarse)").matches;
    const vector = shape.length === 1;
    const channels = shape[shape.length - 1];
    const narrow = width <= 420;
    const least = vector ? (coarse || narrow ? 20 : 18) : coarse || narrow ? 45 : 34;
    const wanted = vector || narrow ? least : Math.max(least, 2.5 * shape[1]);
    const most = Math.max(1, Math.floor(width / wanted));
    const even = [32, 16, 8, 4].find((count) => count <= Math.min(most, channels, vector ? 32 : 16));
    return !vector && (narrow || 1.4 * even < most && most < 16) ? Math.min(most, channels) : even || most;
  }

  /** The layers of the network that was chosen; `lenses` are those of lens.js. */
  function makeLayers({ state, now, inspector, lenses, changed }) {
    const node = element("div", { class: "cb-layers" });
    // One an entry: {index, name, shape, legend, node, body, lens} and, of the last layer, `cells`, of
    // any other, `canvas`, `overlay` and `columns`.
    let entries = [];
    const resize = new ResizeObserver(() => {
      let anew = false;
      for (const entry of entries) anew = arrange(entry) || anew;
      if (now()) changed();
    });

    function makeHead(network, index, key) {
      const layer = network.layers[index];
      const parameters =
        layer.parameters + (layer.kind === "relu" ? network.layers[index - 1].parameters : 0);
      return element(
        "div",
        { class: "cb-layer-head" },
        element("h2", {}, layer.name),
        element("span", { class: "cb-size" }, layer.shape.join(" × ")),
        element("span", {}, KINDS[layer.kind](layer)),
        element("span", {}, parameters ? `${parameters.toLocaleString("en")} parameters` : "nothing to learn"),
        key,
      );
    }

    /** A button for each digit, with its logit and its probability. */
    function makeCells(layer, index) {
      const cells = Array.from({ length: layer.shape[0] }, (_, digit) =>
        element(
          "button",
          { type: "button", class: "cb-digit-cell", "aria-pressed": "false",
            onclick: () => {
              inspector.select({ layer: index, row: 0, column: 0, channel: digit }, { focus: true });
              inspector.reveal(body.getBoundingClientRect());
            } },
          element("b", {}, cnnbook.network.className(digit)),
          element("span", { class: "cb-logit", title: "logit" }),
          element("span", { class: "cb-share" }),
        ),
      );
      const body = element("div", { class: `cb-digits${cnnbook.network.otherClasses() ? " cb-named" : ""}` }, ...cells);
      return { body, cells };
    }

    function makeMaps(layer, index) {
      const canvas = element("canvas", {});
      const overlay = element("canvas", { class: "cb-marks" });
      const [height, width, channels] = layer.shape;
      const what = layer.shape.length === 1 ? `${height} units` : `${channels} maps of ${height} by ${width}`;
      const body = element(
        "div",
        { class: "cb-maps", role: "application", tabindex: "0",
          "aria-label": `${layer.name}: ${what}. Enter chooses a value and steps back from it; arrows move, page keys change the map.` },
        canvas,
        overlay,
      );
      body.addEventListener("click", (event) => {
        const unit = marks.unitAt(event, canvas, index, layer.shape);
        if (!unit) return;
        inspector.select(unit, { after: body });
        inspector.reveal(marks.tileOf(canvas, unit.channel));
      });
      body.addEventListener("keydown", (event) => inspector.keys(event, index));
      return { body, canvas, overlay };
    }

    function makeEntry(network, index) {
      const layer = network.layers[index];
      const entry = {
        index, name: layer.name, shape: layer.shape, legend: legend(),
        lens: lenses.build(network, index),
        ...(layer.activation === "softmax" ? makeCells(layer, index) : makeMaps(layer, index)),
      };
      const head = makeHead(network, index, entry.legend);
      entry.node = element("section", { class: "cb-layer", "data-layer": layer.name }, head, entry.lens?.node, entry.body);
      return entry;
    }

    /** Begin anew with the network that was chosen. */
    function build() {
      const network = networkNamed(state.network);
      for (const entry of entries) resize.unobserve(entry.body);
      lenses.clear();
      entries = [...network.layers.keys()]
        .filter((index) => isShown(network.layers[index]))
        .map((index) => makeEntry(network, index));
      node.replaceChildren(...entries.map((entry) => entry.node));
      for (const entry of entries) {
        if (!entry.cells) resize.observe(entry.body);
        arrange(entry);
      }
    }

    /** Choose how many maps stand side by side; says whether they are others than before. */
    function arrange(entry) {
      if (entry.cells) return false;
      const before = entry.columns;
      entry.columns = columnsFor(entry.shape, entry.body.clientWidth || 700);
      return before !== entry.columns;
    }

    function paintEntry(entry) {
      const values = shown(state, now(), entry.index);
      const scale = dom.largest(values);
      entry.legend.set(scale, dom.anyNegative(values));
      if (entry.cells) {
        const [sums, shares] = ["sums", "values"].map((what) => shown(state, now(), entry.index, what));
        entry.cells.forEach((cell, digit) => {
          cell.style.cssText = dom.cellStyle(values[digit], scale);
          write(cell.children[1], show(sums[digit]));
          write(cell.children[2], percent(shares[digit]));
        });
        return;
      }
      entry.canvas.layout = paintMaps(entry.canvas, values, entry.shape, entry.columns, "signed", scale);
      if (entry.lens) lenses.paint(entry.lens, scale);
    }

    /** Outline the chosen unit, and what it was computed from. */
    function mark() {
      for (const entry of entries) {
        if (!entry.cells) {
          marks.mark(entry.overlay, entry.canvas, marks.fieldsOn(state.unit, now(), entry.index));
          continue;
        }
        entry.cells.forEach((cell, digit) => {
          const on = state.unit && state.unit.layer === entry.index && state.unit.channel === digit;
          cell.setAttribute("aria-pressed", String(Boolean(on)));
        });
      }
    }

    return {
      node,
      build,
      mark,
      paint: () => entries.forEach(paintEntry),
      paintLenses: () => entries.forEach(({ lens }) => lens && lenses.paint(lens)),
      at: (index) => entries.find((entry) => entry.index === index),
      named: (name) => entries.find((entry) => entry.name === name),
    };
  }

  cnnbook.layers = { isShown, makeLayers };
})();
