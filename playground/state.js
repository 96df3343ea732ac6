// What the reader has done, the networks that can be chosen, and the limits of all sliders.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { buildRandom, otherClasses, published } = cnnbook.network;

  const SEED = 1;
  const FIRST = ["typical", 7]; // the test digit that is there in the beginning

  // Where each slider ends and where it stands in the beginning. Lengths are those of the sheet.
  const PEN = { min: 6, max: 40, step: 2, usual: 20 };
  const MOVES = {
    x: { min: -120, max: 120, step: 10, usual: 0 },
    y: { min: -120, max: 120, step: 10, usual: 0 },
    scale: { min: 0.3, max: 1.5, step: 0.05, usual: 1 },
    angle: { min: -90, max: 90, step: 1, usual: 0 },
    noise: { min: 0, max: 1, step: 0.05, usual: 0 },
  };
  const STILL = Object.fromEntries(Object.entries(MOVES).map(([key, { usual }]) => [key, usual]));

  const makeState = () => ({
    strokes: [],
    image: null, // {group, number, label, pixels}: a test digit in place of strokes, or {group: "photo", pixels}
    given: false, // the strokes are the tour's, not the reader's
    pen: PEN.usual,
    centred: !otherClasses(), // no other data are known to have been prepared as the digits were
    move: { ...STILL },
    network: "article",
    sums: false, // show what a layer gives before its ReLU
    unit: null, // {layer, row, column, channel}; layer -1 is the picture
    view: "this", // or "kept", "difference", once a digit is kept
    kept: null,
  });

  // ---- The networks ----------------------------------------------------------------------------

  const NETWORKS = {
    article: {
      name: "article's",
      about: "The network of the article that this book examines, as the book trained it",
      reader: "the article's network",
    },
    fast: {
      name: "faster",
      about: "The book's faster network, of fewer parameters and trained in less time",
      reader: "the book's faster one",
    },
    random: {
      name: "random",
      about: "The same layers with random weights, never trained",
      reader: "a network that has learned nothing",
    },
  };

  /** The networks of this edition: one whose chapter was left out is not among them. */
  function offered() {
    const there = ([name]) => name === "random" || Object.hasOwn(cnnbook.published, name);
    return Object.fromEntries(Object.entries(NETWORKS).filter(there));
  }

  let random = null;
  function networkNamed(name) {
    if (name !== "random") return published(name);
    random ||= buildRandom(cnnbook.published.article, SEED);
    return random;
  }

  /** Where a layer stands in its network. */
  const indexOf = (network, name) => network.layers.findIndex((layer) => layer.name === name);

  /** The numbers of a layer that are shown: of this digit, of the kept one, or their difference. */
  function shown(state, now, i, what = state.sums ? "sums" : "values") {
    const numbers = now.result[what][i];
    const kept = state.kept && state.kept.network === state.network ? state.kept.result[what][i] : null;
    if (!kept || state.view === "this") return numbers;
    return state.view === "kept" ? kept : numbers.map((value, k) => value - kept[k]);
  }

  cnnbook.state = { FIRST, MOVES, PEN, STILL, indexOf, makeState, networkNamed, offered, shown };
})();
