// One map, large.
//
// The first convolution shows one of its maps large beside its kernel, and each pooling the map
// that it shrinks beside what is left of it, both to one scale. They share the number of the map.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, explain, marks } = cnnbook;
  const { button, element, paintMaps, write } = dom;
  const { shown } = cnnbook.state;

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

  /** The unit of a layer, or of one of its maps, that has the largest value. */
  function unitOfLargest({ network, result }, layer, map = null) {
    const values = result.values[layer];
    const shape = explain.shapeOf(network, layer);
    const channels = shape[shape.length - 1];
    let best = map ?? 0;
    for (let i = best; i < values.length; i += map === null ? 1 : channels) if (values[i] > values[best]) best = i;
    if (shape.length === 1) return { layer, row: 0, column: 0, channel: best };
    const place = Math.floor(best / channels);
    return { layer, row: Math.floor(place / shape[1]), column: place % shape[1], channel: best % channels };
  }

  /** The lenses of all layers, and which map each shows; `repaint()` paints them all. */
  function makeLenses({ state, now, inspector, speaker, repaint }) {
    const chosen = new Map(); // of each layer that has maps of its own: which one is shown large

    /** The map of a layer that is shown large. */
    const mapOf = (network, index) => chosen.get(mapsOf(network, index));
    const showMap = (network, index, map) => chosen.set(mapsOf(network, index), map);

    /** A map of the layer `index` with its title; a touch chooses one of its values. */
    function makePlate(network, index, text, lens) {
      const [canvas, over, title] = [element("canvas", {}), element("canvas", { class: "cb-over" }), element("figcaption", {})];
      const [height, width] = explain.shapeOf(network, index);
      const holder = element("div", { class: "cb-large", style: `--side:${width}` }, canvas, over);
      holder.addEventListener("click", (event) => {
        const unit = marks.unitAt(event, canvas, index, [height, width, 1]);
        if (!unit) return;
        inspector.select({ ...unit, channel: mapOf(network, index) }, { after: lens().node });
        inspector.reveal(lens().node.getBoundingClientRect());
      });
      return { index, canvas, over, title, text, node: element("figure", { class: "cb-plate-of-one" }, holder, title) };
    }

    /** The lens of a layer, if it has one: {node, ...}. */
    function build(network, index) {
      const layer = network.layers[index];
      const source = explain.sourceOf(network, index);
      if (layer.kind !== "pool" && !(layer.kind === "conv" && source < 0)) return null;
      if (layer.kind === "conv") showMap(network, index, clearestKernel(layer));
      const turn = (text, label, by) =>
        button(text, () => {
          const count = layer.shape[2];
          showMap(network, index, (mapOf(network, index) + by + count) % count);
          // A chosen value goes along, from map to map.
          if (state.unit && [source, index].includes(state.unit.layer)) return inspector.nudge({ map: by });
          repaint();
          speaker.say(`Map ${mapOf(network, index)}`, 400);
        }, { class: "cb-button cb-square", "aria-label": label });
      const named = ({ name, size }) => `${name}: ${size}`;
      const plates =
        layer.kind === "conv"
          ? [makePlate(network, index, ({ size }) => size, () => lens)]
          : [source, index].map((each) => makePlate(network, each, named, () => lens));
      const kernel = layer.kind === "conv" ? element("div", { class: "cb-kernel" }) : null;
      const title = element("div", { class: "cb-small-title" });
      const sign = element("div", { class: "cb-operator", "aria-hidden": "true" }, "→");
      const lens = {
        index, layer, plates, kernel, title,
        node: element(
          "div",
          { class: "cb-lens" },
          element("div", { class: "cb-lens-row" }, kernel ?? plates[0].node, sign, plates[plates.length - 1].node),
          element("div", { class: "cb-lens-head" }, turn("−", `Map before, of ${layer.name}`, -1), turn("+", `Next map of ${layer.name}`, 1), title),
        ),
      };
      return lens;
    }

    /** Paint a lens to the scale of its layer's maps. */
    function paint(lens, scale = dom.largest(shown(state, now(), lens.index))) {
      const { index, layer, plates, kernel, title } = lens;
      const { network } = now();
      if (mapOf(network, index) === undefined) showMap(network, index, unitOfLargest(now(), index).channel);
      const map = mapOf(network, index);
      write(title, layer.kind === "conv" ? `Kernel ${map}, and its map` : `Map ${map}, and what is left of it`);
      for (const plate of plates) {
        const [height, width, channels] = explain.shapeOf(network, plate.index);
        const values = shown(state, now(), plate.index);
        const own = new Float32Array(height * width);
        for (let place = 0; place < own.length; place++) own[place] = values[place * channels + map];
        plate.canvas.layout = paintMaps(plate.canvas, own, [height, width, 1], 1, "signed", scale);
        write(plate.title, plate.text({ name: network.layers[plate.index].name, size: `${height} × ${width}` }));
        const fields = marks.fieldsOn(state.unit, now(), plate.index).filter((field) => field.channel === map);
        marks.mark(plate.over, plate.canvas, fields.map((field) => ({ ...field, channel: 0 })));
      }
      const key = `${map} ${dom.theme()}`;
      if (!kernel || kernel.key === key) return;
      kernel.key = key;
      const filters = layer.shape[2];
      const weights = Array.from({ length: layer.size ** 2 }, (_, k) => ({ weight: layer.weights.kernel[k * filters + map] }));
      kernel.replaceChildren(explain.grid("weights", weights, "weight", layer.size, dom.largest(weights.map(({ weight }) => weight)), "signed"));
    }

    return { build, clear: () => chosen.clear(), mapOf, paint, showMap };
  }

  cnnbook.lens = { clearestKernel, makeLenses, slopes, unitOfLargest };
})();
