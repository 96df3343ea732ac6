// What the reader chooses: a test digit, how it is moved, the pen, the network, what its layers show.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { button, checkbox, choice, element, paintMaps, repainted, slider } = cnnbook.dom;
  const { MOVES, PEN, STILL, networkNamed, offered } = cnnbook.state;

  const { FIELD } = cnnbook.drawing;
  const PIXEL = cnnbook.pad.SHEET / FIELD; // of the picture, on the sheet

  const examples = () => cnnbook.published.article.examples;
  const pixelsOf = (digit) =>
    Float32Array.from(cnnbook.network.bytesFromBase64(digit.pixels), (value) => value / 255);

  /** The test digits, as buttons: {nodes, mark}. */
  function makeExamples({ state, place }) {
    const titles = { typical: "Typical test digits", misread: "Test digits that the article's network misreads" };
    const shape = networkNamed("article").inputShape;
    const buttons = [];
    const makeExample = (group, digit, number) => {
      const canvas = element("canvas", { "aria-hidden": "true" });
      const pixels = pixelsOf(digit);
      const node = button("", () => place(group, number), {
        class: "cb-example",
        "aria-label": `Test digit number ${digit.index}, a ${cnnbook.network.className(digit.label)}`,
        "aria-pressed": "false",
        "data-digit": `${group}:${number}`,
      });
      node.append(canvas);
      repainted(canvas, () => paintMaps(canvas, pixels, shape, 1, "ink", 1));
      buttons.push(node);
      return node;
    };
    const nodes = Object.entries(titles).map(([group, title]) =>
      element(
        "div",
        { class: "cb-examples", role: "group", "aria-label": title },
        element("div", { class: "cb-small-title" }, title),
        element("div", { class: "cb-row" }, ...examples()[group].map((digit, number) => makeExample(group, digit, number))),
      ),
    );
    function mark() {
      for (const node of buttons) {
        const on = state.image && node.dataset.digit === `${state.image.group}:${state.image.number}`;
        node.setAttribute("aria-pressed", String(Boolean(on)));
      }
    }
    return { nodes, mark };
  }

  /** The pen, and what moves the drawing: {node, set}; `set()` shows what the state says. */
  function makeSliders({ state, changed }) {
    const pixels = (digits) => (value) => `${(value / PIXEL).toFixed(digits)} px`.replace("-", "−");
    const entries = {
      x: ["right", pixels(0)],
      y: ["down", pixels(0)],
      scale: ["size", (v) => `${Math.round(100 * v)} %`],
      angle: ["turn", (v) => `${v}°`.replace("-", "−")],
      noise: ["noise", (v) => v.toFixed(2)],
    };
    const pen = slider("pen", { ...PEN, value: state.pen, show: pixels(1) }, (value) => {
      state.pen = value;
      changed();
    });
    const moves = Object.entries(entries).map(([key, [text, show]]) => {
      const row = slider(text, { ...MOVES[key], value: state.move[key], show }, (value) => {
        state.move[key] = value;
        changed();
      });
      row.key = key;
      return row;
    });
    function set() {
      pen.set(state.pen);
      moves.forEach((row) => row.set(state.move[row.key]));
    }
    const node = element(
      "details",
      { class: "cb-details" },
      element("summary", {}, "Change the pen; shift, scale, turn, add noise"),
      pen,
      ...moves,
      button("Back as it was", () => {
        Object.assign(state.move, STILL);
        set();
        changed();
      }),
    );
    return { node, set };
  }

  /**
   * What fills the pad, in place of the pen, and empties it. `pad` is the sheet's; `select(null)` closes
   * the panel; `speaker` is silenced when the pad is cleared.
   */
  function makeDigits({ state, pad, select, speaker, changed }) {
    const sliders = makeSliders({ state, changed });
    const tests = makeExamples({ state, place });

    function clearMove() {
      Object.assign(state.move, STILL);
      sliders.set();
    }

    function clear() {
      state.image = null;
      state.given = false;
      clearMove();
      select(null);
      pad.clear();
      speaker.cancel();
      tests.mark();
    }

    /** Before a stroke: what the reader has not drawn makes room for it. Says whether there was any. */
    function makeRoom() {
      if (!state.image && !state.given) return false;
      state.image = null;
      state.given = false;
      clearMove();
      pad.clear();
      tests.mark();
      return true;
    }

    function place(group, number) {
      const digit = examples()[group][number];
      put({ group, number, label: digit.label, pixels: pixelsOf(digit) });
    }

    /** Lay a picture of 28 x 28 pixels on the sheet: a test digit, or what was read in a photo. */
    function put(image) {
      state.strokes.length = 0;
      state.given = false;
      state.image = image;
      clearMove();
      tests.mark();
      changed();
    }

    const node = element("div", { class: "cb-given" }, ...tests.nodes, sliders.node);
    return { node, clear, makeRoom, place, put, setSliders: sliders.set };
  }

  /** Which network answers, and whether its sums are shown: {node, note, tell}. */
  function makeNetworkChoice({ state, chooseNetwork, changed }) {
    const networks = offered();
    const about = () => `${networks[state.network].about}.`;
    const options = Object.entries(networks).map(([key, { name }]) => [key, name]);
    const chosen = choice("Network", options, state.network, chooseNetwork);
    const sums = checkbox("Show the sums before ReLU sets the negative ones to zero", state.sums, (value) => {
      state.sums = value;
      changed();
    });
    const note = element("p", { class: "cb-note" }, about());
    const tell = () => {
      chosen.choose(state.network);
      note.textContent = about();
    };
    return { node: element("div", { class: "cb-bar-top" }, chosen, sums), note, tell };
  }

  cnnbook.controls = { examples, makeDigits, makeNetworkChoice };
})();
