// From the drawing to what the network receives, and how the page shows that.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, drawing, marks } = cnnbook;
  const { button, checkbox, element, paintMaps } = dom;
  const { networkNamed } = cnnbook.state;

  const { SHEET } = cnnbook.pad;
  const { FIELD } = drawing;
  const PIXEL = SHEET / FIELD; // of a test digit, on the sheet
  const RASTER = 112; // a picture on the sheet is sampled at so many pixels

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

  function movedStrokes({ move, strokes }) {
    const { there } = mover(move);
    return strokes.map((stroke) => {
      const moved = [];
      for (let i = 0; i < stroke.length; i += 2) moved.push(...there(stroke[i], stroke[i + 1]));
      return moved;
    });
  }

  function receiveStrokes(state, centred) {
    const strokes = movedStrokes(state);
    if (!strokes.length) return { pixels: new Float32Array(FIELD * FIELD), empty: true };
    if (centred) return drawing.fromStrokes(strokes, SHEET);
    const small = strokes.map((stroke) => stroke.map((value) => value / PIXEL));
    const pixels = drawing.ink(small, (state.pen * state.move.scale) / PIXEL);
    return { pixels, empty: pixels.every((value) => value === 0) };
  }

  /** The sheet with a moved test digit on it, as RASTER x RASTER pixels. */
  function rasterised({ image: { pixels }, move }) {
    const step = SHEET / RASTER;
    const raster = new Float32Array(RASTER * RASTER);
    const { back } = mover(move);
    for (let row = 0; row < RASTER; row++) {
      for (let column = 0; column < RASTER; column++) {
        const [x, y] = back((column + 0.5) * step, (row + 0.5) * step);
        const [u, v] = [x / PIXEL - 0.5, y / PIXEL - 0.5];
        const [left, top] = [Math.floor(u), Math.floor(v)];
        let value = 0;
        for (let r = top; r <= top + 1; r++) {
          for (let c = left; c <= left + 1; c++) {
            if (r < 0 || c < 0 || r >= FIELD || c >= FIELD) continue;
            value += pixels[r * FIELD + c] * (1 - Math.abs(u - c)) * (1 - Math.abs(v - r));
          }
        }
        raster[row * RASTER + column] = value;
      }
    }
    return raster;
  }

  /** The test digit moved by whole pixels, which needs no sampling anew. */
  function shifted({ pixels }, right, down) {
    const moved = new Float32Array(FIELD * FIELD);
    for (let row = 0; row < FIELD; row++) {
      for (let column = 0; column < FIELD; column++) {
        const [r, c] = [row - down, column - right];
        if (r >= 0 && c >= 0 && r < FIELD && c < FIELD) moved[row * FIELD + column] = pixels[r * FIELD + c];
      }
    }
    return moved;
  }

  function receiveImage(state, centred) {
    const { x, y, scale, angle } = state.move;
    const whole = scale === 1 && !angle && x % PIXEL === 0 && y % PIXEL === 0;
    if (whole && ((!x && !y) || !centred)) return { pixels: shifted(state.image, x / PIXEL, y / PIXEL) };
    const raster = rasterised(state);
    if (!centred) {
      const sheet = { left: 0, top: 0, right: RASTER, bottom: RASTER };
      return { pixels: drawing.resample(raster, RASTER, RASTER, sheet, FIELD, FIELD) };
    }
    const received = drawing.fromPicture(raster, RASTER, RASTER);
    const { back } = received;
    if (!back) return received;
    return { ...received, back: (c, r) => back(c, r).map((value) => (value * SHEET) / RASTER) };
  }

  /** What the network receives: {pixels, back, empty}; back leads from a pixel to the sheet. */
  function receive(state, centred = state.centred) {
    let received = state.image ? receiveImage(state, centred) : receiveStrokes(state, centred);
    if (state.move.noise && !received.empty) {
      const random = cnnbook.network.randomNumbers(7);
      const noise = () => state.move.noise * (random() + random() + random() - 1.5);
      received = { ...received, pixels: received.pixels.map((v) => Math.min(1, Math.max(0, v + noise()))) };
    }
    return { back: (column, row) => [PIXEL * column, PIXEL * row], ...received };
  }

  // ---- As a page shows it ----------------------------------------------------------------------

  /**
   * The pixels that the network receives, each to be touched, with the buttons below the pad and the
   * choice whether the drawing is prepared. `now()` is what the page shows; `clear`, `undo` and
   * `changed` are its answers to the buttons. All networks of the book receive pictures of one size.
   */
  function makeReceived({ state, now, inspector, clear, undo, changed }) {
    const shape = networkNamed(state.network).inputShape;
    const canvas = element("canvas", {});
    const overlay = element("canvas", { class: "cb-marks" });
    const maps = element(
      "div",
      { class: "cb-maps cb-small", role: "application", tabindex: "0",
        "aria-label": `The ${shape[0]} by ${shape[1]} pixels that the network receives. Enter chooses a pixel; arrows move.` },
      canvas, overlay,
    );
    maps.addEventListener("click", (event) => {
      const unit = marks.unitAt(event, canvas, -1, shape);
      if (!unit) return;
      inspector.select(unit);
      inspector.reveal(maps.getBoundingClientRect());
    });
    maps.addEventListener("keydown", (event) => inspector.keys(event, -1));
    const box = checkbox("Scale, centre and set strokes upright", state.centred, (value) => {
      setCentred(value);
      changed();
    });
    function setCentred(value) {
      state.centred = value;
      box.set(value);
    }
    const node = element(
      "div",
      { class: "cb-received" },
      maps,
      element(
        "div",
        {},
        element("div", { class: "cb-row" }, button("Clear", clear), button("Undo", undo)),
        element("div", { class: "cb-small-title" }, `What the network receives: ${shape.join(" × ")}`),
        box,
      ),
    );
    return {
      node,
      maps,
      setCentred,
      paint: () => (canvas.layout = paintMaps(canvas, now().received.pixels, shape, 1, "ink", 1)),
      mark: () => marks.mark(overlay, canvas, marks.fieldsOn(state.unit, now(), -1)),
    };
  }

  cnnbook.receive = { makeReceived, movedStrokes, receive };
})();
