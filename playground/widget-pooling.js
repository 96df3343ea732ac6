// Pooling by hand: window, stride, maximum or mean; and what a shift of one pixel changes.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { brief, cellStyle, choice, element, show } = dom;
  const SIZE = 8;

  widgets.widget("pooling", (root) => {
    const state = { side: 2, stride: 2, padding: "valid", kind: "max", shift: 0, place: 5 };
    const speaker = dom.announcer();
    const before = element("div", { class: "cb-picks" });
    const after = element("div", { class: "cb-picks", role: "group", "aria-label": "Output: choose a value" });
    const told = element("p", { class: "cb-facts" });
    const sum = element("p", { class: "cb-sum" });
    const set = (key, number = true) => (value) => {
      state[key] = number ? Number(value) : value;
      paint();
    };
    const shifted = () =>
      Array.from({ length: SIZE * SIZE }, (_, place) =>
        widgets.at(widgets.SEVEN, SIZE, Math.floor(place / SIZE), (place % SIZE) - state.shift));
    const pooled = (picture) => widgets.pool(picture, SIZE, state.side, state.stride, state.padding, state.kind);

    function paint() {
      const picture = shifted();
      const { output, count, before: padded } = pooled(picture);
      const still = pooled(widgets.SEVEN).output;
      state.place = Math.min(state.place, count * count - 1);
      const [row, column] = [Math.floor(state.place / count), state.place % count];
      const [top, left] = [row * state.stride - padded, column * state.stride - padded];
      before.style.setProperty("--columns", SIZE);
      before.replaceChildren(...picture.map((value, place) => {
        const [r, c] = [Math.floor(place / SIZE) - top, (place % SIZE) - left];
        const seen = r >= 0 && c >= 0 && r < state.side && c < state.side;
        return element("span", { class: `cb-pick${seen ? " cb-in" : ""}`, style: cellStyle(value, 1, "ink") }, value ? value.toFixed(1) : "0");
      }));
      const focused = after.contains(document.activeElement);
      after.style.setProperty("--columns", count);
      after.replaceChildren(...output.map((value, place) =>
        element("button", {
          type: "button", class: `cb-pick${place === state.place ? " cb-in" : ""}`,
          style: cellStyle(value, 1),
          "aria-pressed": String(place === state.place),
          "aria-label": `row ${Math.floor(place / count)}, column ${place % count}: ${show(value)}`,
          onclick: () => {
            state.place = place;
            paint();
          },
        }, brief(value))));
      if (focused) after.children[state.place]?.focus();
      const inside = picture.filter((_, place) => {
        const [r, c] = [Math.floor(place / SIZE) - top, (place % SIZE) - left];
        return r >= 0 && c >= 0 && r < state.side && c < state.side;
      });
      const written = inside.map((value) => value.toFixed(1).replace("0.0", "0")).join(", ");
      sum.textContent =
        `Row ${row}, column ${column}: the ${state.kind === "max" ? "largest" : "mean"} of ${written} ` +
        `is ${show(output[state.place])}.`;
      const differ = output.filter((value, place) => Math.abs(value - still[place]) > 1e-9).length;
      const pixels = picture.filter((value, place) => Math.abs(value - widgets.SEVEN[place]) > 1e-9).length;
      const unused = state.padding === "valid" ? SIZE - ((count - 1) * state.stride + state.side) : 0;
      told.textContent =
        `${SIZE} × ${SIZE} become ${count} × ${count}. ` +
        (unused > 0 ? `The last ${unused === 1 ? "row and column are" : `${unused} rows and columns are`} not used. ` : "") +
        (state.shift
          ? `The shift changed ${pixels} of ${SIZE * SIZE} pixels, and ${differ} of ${output.length} pooled values.`
          : "Shift the input, and count what changes.");
      speaker.say(told.textContent);
    }

    const steps = widgets.walk(after, {
      count: () => pooled(widgets.SEVEN).count,
      place: () => state.place,
      move: (place) => {
        state.place = place;
        paint();
      },
    });
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: pool a small 7, and shift it by one pixel"),
      element("div", { class: "cb-row" },
        choice("Window", [[2, "2"], [3, "3"], [4, "4"]], 2, set("side")),
        choice("Stride", [[1, "1"], [2, "2"], [3, "3"]], 2, set("stride"))),
      element("div", { class: "cb-row" },
        choice("Padding", [["valid", "valid"], ["same", "same"]], "valid", set("padding", false)),
        choice("Keep the", [["max", "maximum"], ["average", "average"]], "max", set("kind", false)),
        choice("Shift right", [[0, "0"], [1, "1"], [2, "2"]], 0, set("shift"))),
      element("div", { class: "cb-parts" },
        element("div", { class: "cb-plate" }, element("div", { class: "cb-small-title" }, "input, 8 × 8"), before),
        element("div", { class: "cb-plate" }, element("div", { class: "cb-small-title" }, "pooled"), after)),
      element("div", { class: "cb-row" }, "Window:", steps),
      sum, told, speaker,
    );
    paint();
    dom.onTheme(paint);
  });
})();
