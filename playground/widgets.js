// What the small widgets share: how a window moves over a picture, and how they start.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});

  /** Places of a window along one axis, and the padding before and after, as TensorFlow has them. */
  function windows(size, window, stride, padding, dilation = 1) {
    const span = dilation * (window - 1) + 1;
    if (padding === "valid") {
      return { span, before: 0, after: 0, count: size < span ? 0 : Math.floor((size - span) / stride) + 1 };
    }
    const count = Math.ceil(size / stride);
    const total = Math.max((count - 1) * stride + span - size, 0);
    const before = Math.floor(total / 2); // an odd pixel goes after
    return { span, before, after: total - before, count };
  }

  /** A value of a square picture, 0 outside of it. */
  const at = (picture, size, row, column) =>
    row < 0 || column < 0 || row >= size || column >= size ? 0 : picture[row * size + column];

  /** Cross-correlation of a square picture with a square kernel. */
  function correlate(picture, size, kernel, side, { stride = 1, padding = "valid", dilation = 1 } = {}) {
    const places = windows(size, side, stride, padding, dilation);
    const output = [];
    for (let row = 0; row < places.count; row++) {
      for (let column = 0; column < places.count; column++) {
        let sum = 0;
        for (let i = 0; i < side; i++) {
          for (let j = 0; j < side; j++) {
            const r = row * stride - places.before + i * dilation;
            const c = column * stride - places.before + j * dilation;
            sum += kernel[i * side + j] * at(picture, size, r, c);
          }
        }
        output.push(sum);
      }
    }
    return { output, ...places };
  }

  /** Max or average pooling; an average counts only what lies inside, as TensorFlow's does. */
  function pool(picture, size, side, stride, padding, kind) {
    const places = windows(size, side, stride, padding);
    const output = [];
    for (let row = 0; row < places.count; row++) {
      for (let column = 0; column < places.count; column++) {
        const inside = [];
        for (let r = row * stride - places.before; r < row * stride - places.before + side; r++) {
          for (let c = column * stride - places.before; c < column * stride - places.before + side; c++) {
            if (r >= 0 && c >= 0 && r < size && c < size) inside.push(picture[r * size + c]);
          }
        }
        output.push(kind === "max" ? Math.max(...inside) : inside.reduce((a, b) => a + b, 0) / inside.length);
      }
    }
    return { output, ...places };
  }

  /** A digit of 8 by 8 to work on: a seven, ink from 0 to 1 in tenths, as they are shown. */
  const SEVEN = [
    "00000000", "09999990", "05555980", "00003960", "00007920", "00029600", "00069200", "00000000",
  ].flatMap((row) => [...row].map((digit) => Math.round((10 * digit) / 9) / 10));

  /**
   * Let arrow keys on a square grid choose the next value, and four buttons that a finger finds,
   * however small the squares are; move(place) chooses. Returns the buttons.
   */
  function walk(grid, { count, place, move }) {
    const { button, element } = cnnbook.dom;
    const clamp = (line) => Math.min(count() - 1, Math.max(0, line));
    const step = (down, right) => {
      const [row, column] = [Math.floor(place() / count()), place() % count()];
      move(clamp(row + down) * count() + clamp(column + right));
    };
    const ways = { ArrowLeft: [0, -1], ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowRight: [0, 1] };
    grid.addEventListener("keydown", (event) => {
      if (!(event.key in ways)) return;
      event.preventDefault();
      step(...ways[event.key]);
    });
    return element(
      "div",
      { class: "cb-row", role: "group", "aria-label": "Move the window" },
      ...["←", "↑", "↓", "→"].map((arrow, i) => {
        const [key, way] = Object.entries(ways)[i];
        return button(arrow, () => step(...way), { class: "cb-button cb-square", "aria-label": key.slice(5) });
      }),
    );
  }

  const makers = {};
  /** Name a widget: make(root) fills its container. */
  function widget(name, make) {
    makers[name] = make;
    if (typeof document === "undefined") return;
    for (const root of document.querySelectorAll(`.cnnbook-widget[data-widget="${name}"]`)) {
      root.hidden = false;
      make(root);
      // The theme turns pages with the arrow keys.
      root.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.stopPropagation());
    }
  }

  cnnbook.widgets = { SEVEN, at, correlate, pool, walk, widget, windows };
  if (typeof module !== "undefined") module.exports = cnnbook;
})();
