// The same 7 in the middle and in a corner: one map finds it in both, other weights meet it.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, explain } = cnnbook;
  const { element, show } = dom;
  const { answer, run } = cnnbook.network;
  const { receive } = cnnbook.receive;
  const { indexOf, networkNamed } = cnnbook.state;

  // As large as MNIST's digits are, in a corner of the sheet, and upright: only its place will change.
  const CORNER_SEVEN = [10, 20, 66, 14, 130, 18, 106, 84, 83, 140, 70, 200];
  const CORNERS = [[0, 0], [132, 0], [0, 66], [132, 66]];

  /**
   * One map before dense1 and its weights to one unit, for the strokes in the middle and as they are:
   * of the maps that find the stroke about equally in both places, the one whose sum changes most, for
   * the unit that speaks most for the digit and is hurt most.
   */
  function comparePlaces(network, results) {
    const dense = indexOf(network, "dense1");
    const source = explain.sourceOf(network, dense);
    const [rows, columns, maps] = network.layers[source].shape;
    const { kernel } = network.layers[dense].weights;
    const units = network.layers[dense].shape[0];
    const next = network.layers[indexOf(network, "dense2")];
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
    return { ...best, unit, columns, dense, source };
  }

  /** A figure of the comparison; it looks at the strokes that are on the sheet. */
  function makePlaces({ state }) {
    const node = element("figure", { class: "cb-places", "aria-label": "The same stroke meets other weights", hidden: true });
    const resultOf = (centred) => run(networkNamed("article"), receive(state, centred).pixels);
    const readAs = (centred) => answer(resultOf(centred));

    /** Draw the 7 into a corner where it is misread: the network of each build errs in its own way. */
    function draw() {
      for (const corner of CORNERS) {
        state.strokes[0] = CORNER_SEVEN.map((value, i) => value + corner[i % 2]);
        if (readAs(false) !== 7) break;
      }
    }

    function paint() {
      const network = networkNamed("article");
      const results = [resultOf(true), resultOf(false)];
      const { map, unit, columns, weights, sides, dense, source } = comparePlaces(network, results);
      const scale = dom.largest(sides.flatMap(({ values }) => values));
      const most = dom.largest(weights);
      const square = (title, numbers, largest, outlined) =>
        element(
          "div",
          { class: "cb-grid", role: "img", "aria-label": `${title}: ${numbers.map((value) => show(value)).join(", ")}` },
          element("div", { class: "cb-grid-title" }, title),
          element(
            "div",
            { class: "cb-cells cb-tiny", style: `--columns:${columns}` },
            ...numbers.map((value, place) =>
              element("span", { class: `cb-cell${outlined[place] ? " cb-in" : ""}`, style: dom.cellStyle(value, largest) })),
          ),
        );
      const rows = sides.map(({ values, sum }, side) => {
        const under = values.map((value) => value > 0.25 * scale); // where the stroke is
        return element(
          "div",
          { class: "cb-place" },
          element("b", {}, side ? "In the corner" : "In the middle"),
          square(`map ${map}`, values, scale, under),
          explain.operator("×"),
          square("weights", weights, most, under),
          explain.operator("="),
          element("div", { class: "cb-place-sum" }, element("strong", {}, show(sum)), element("span", {}, `read as ${answer(results[side])}`)),
        );
      });
      const totals = results.map((result) => show(result.sums[dense][unit]));
      node.replaceChildren(
        ...rows,
        element("p", { class: "cb-note" },
          `Unit ${unit} of ${network.layers[dense].name} has ${weights.length} weights for map ${map} of ${network.layers[source].name}, one for each place, the same in both rows. ` +
          `Outlined is where the map finds the stroke. Value times weight, added up, gives ${show(sides[0].sum)} in the middle and ${show(sides[1].sum)} in the corner; ` +
          `all maps and the bias together give the unit ${totals[0]} and ${totals[1]}, before ReLU. It is one of the units that speak for a ${answer(results[0])}.`),
      );
    }

    return { node, draw, paint, readAs };
  }

  cnnbook.places = { makePlaces };
})();
