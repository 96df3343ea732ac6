// Convolution by hand: edit the kernel, slide the window, read the arithmetic.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { brief, button, cellStyle, choice, element, largest, show } = dom;
  const SIZE = 8;
  const LARGEST = 1000; // weight that can be typed
  const KERNELS = {
    "upright edge": [-1, 0, 1, -1, 0, 1, -1, 0, 1],
    "level edge": [-1, -1, -1, 0, 0, 0, 1, 1, 1],
    blur: [1, 1, 1, 1, 1, 1, 1, 1, 1].map((value) => value / 9),
    sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
    nothing: [0, 0, 0, 0, 1, 0, 0, 0, 0],
  };

  widgets.widget("convolution", (root) => {
    const state = { kernel: [...KERNELS["upright edge"]], stride: 1, padding: "valid", dilation: 1, place: 9 };
    const speaker = dom.announcer();
    const inputs = state.kernel.map((value, i) =>
      element("input", {
        class: "cb-number", type: "number", step: "any", min: -LARGEST, max: LARGEST, value, autocomplete: "off",
        "aria-label": `weight in row ${Math.floor(i / 3)}, column ${i % 3}`,
        oninput: (event) => {
          const { value, validity } = event.target;
          event.target.setAttribute("aria-invalid", String(!validity.valid));
          if (validity.valid) state.kernel[i] = Number(value);
          paint();
        },
      }),
    );
    const preset = (name) => {
      state.kernel = [...KERNELS[name]];
      inputs.forEach((input, i) => {
        input.value = Math.round(1000 * state.kernel[i]) / 1000;
        input.removeAttribute("aria-invalid");
      });
      paint();
    };
    const set = (key, number) => (value) => {
      state[key] = number ? Number(value) : value;
      paint();
    };
    const tidy = (value) => Math.round(1e6 * value) / 1e6; // tenths added up in binary miss zero
    const before = element("div", { class: "cb-picks" });
    const after = element("div", { class: "cb-picks", role: "group", "aria-label": "Output: choose a value" });
    const told = element("p", { class: "cb-facts" });
    const sum = element("p", { class: "cb-sum", style: "min-height: 4.8em" }); // what is below stays in place
    let timer = 0;
    const slide = button("Slide", () => {
      if (timer) return stop();
      slide.textContent = "Stop";
      state.place = 0;
      paint();
      timer = setInterval(() => {
        const { count } = result();
        if (++state.place >= count * count) return stop();
        paint();
      }, dom.calm() ? 900 : 350);
    });
    function stop() {
      clearInterval(timer);
      timer = 0;
      slide.textContent = "Slide";
      state.place = Math.min(state.place, result().count ** 2 - 1);
      paint();
    }
    const result = () => widgets.correlate(widgets.SEVEN, SIZE, state.kernel, 3, state);

    function paint() {
      const { output, count, before: padded, after: paddedAfter, span } = result();
      state.place = Math.max(0, Math.min(state.place, count * count - 1));
      const [row, column] = [Math.floor(state.place / count), state.place % count];
      const [top, left] = [row * state.stride - padded, column * state.stride - padded];
      const cells = [];
      const side = SIZE + padded + paddedAfter;
      before.style.setProperty("--columns", side);
      for (let r = -padded; r < SIZE + paddedAfter; r++) {
        for (let c = -padded; c < SIZE + paddedAfter; c++) {
          const [i, j] = [(r - top) / state.dilation, (c - left) / state.dilation];
          const seen = [i, j].every((k) => Number.isInteger(k) && k >= 0 && k < 3);
          const outside = r < 0 || c < 0 || r >= SIZE || c >= SIZE;
          const value = widgets.at(widgets.SEVEN, SIZE, r, c);
          cells.push(element("span", {
            class: `cb-pick${seen ? " cb-in" : ""}${outside ? " cb-padding" : ""}`,
            style: cellStyle(value, 1, "ink"),
          }, value ? value.toFixed(1) : "0"));
        }
      }
      before.replaceChildren(...cells);
      const scale = largest(output);
      const focused = after.contains(document.activeElement);
      after.style.setProperty("--columns", Math.max(1, count));
      after.replaceChildren(...output.map((value, place) =>
        element("button", {
          type: "button", class: `cb-pick${place === state.place ? " cb-in" : ""}`,
          style: cellStyle(value, scale),
          "aria-pressed": String(place === state.place),
          "aria-label": `row ${Math.floor(place / count)}, column ${place % count}: ${show(tidy(value))}`,
          onclick: () => {
            state.place = place;
            paint();
          },
        }, brief(tidy(value)))));
      if (focused) after.children[state.place]?.focus();
      const size = padded + paddedAfter ? `${SIZE} + ${padded} + ${paddedAfter}` : `${SIZE}`;
      told.textContent = `The window spans ${span} pixels. ⌊(${size} − ${span}) / ${state.stride}⌋ + 1 = ${count}: the output is ${count} × ${count}.`;
      const parts = [];
      state.kernel.forEach((weight, k) => {
        const value = widgets.at(widgets.SEVEN, SIZE, top + Math.floor(k / 3) * state.dilation, left + (k % 3) * state.dilation);
        if (weight && value) parts.push(`${String(Number(weight.toPrecision(3))).replace(/-/g, "−")} × ${value.toFixed(1)}`);
      });
      sum.textContent = `Row ${row}, column ${column}: ${parts.length ? parts.join(" + ") : "0"} = ${show(tidy(output[state.place]))}` +
        (parts.length < 9 ? " (products of zero left out)" : "");
      if (!timer) speaker.say(`Output ${count} by ${count}; row ${row}, column ${column}: ${show(tidy(output[state.place]))}`);
    }

    const steps = widgets.walk(after, {
      count: () => result().count,
      place: () => state.place,
      move: (place) => {
        state.place = place;
        paint();
      },
    });
    // What moves the window and what it shows come first: a phone has room for little more.
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: edit the kernel, and choose a value of the output"),
      element("div", { class: "cb-row" }, slide, steps),
      element("div", { class: "cb-parts" },
        element("div", { class: "cb-plate", style: "flex-basis: 160px" }, element("div", { class: "cb-small-title" }, "input, 8 × 8"), before),
        element("div", {}, element("div", { class: "cb-small-title" }, "kernel, 3 × 3"), element("div", { class: "cb-cells", style: "grid-template-columns: repeat(3, 46px)", role: "group", "aria-label": "Kernel" }, ...inputs)),
        element("div", { class: "cb-plate", style: "flex-basis: 160px" }, element("div", { class: "cb-small-title" }, "output"), after)),
      sum,
      element("div", { class: "cb-row" }, "Kernel:", ...Object.keys(KERNELS).map((name) => button(name, () => preset(name)))),
      element("div", { class: "cb-row" },
        choice("Stride", [[1, "1"], [2, "2"], [3, "3"]], 1, set("stride", true)),
        choice("Padding", [["valid", "valid"], ["same", "same"]], "valid", set("padding")),
        choice("Dilation", [[1, "1"], [2, "2"]], 1, set("dilation", true))),
      told, speaker,
    );
    paint();
    dom.onTheme(paint);
  });
})();
