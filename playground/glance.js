// A glance at the live network: a pad, the answer, and eight maps that follow the pen.
//
// The networks are a large script: it is added to the page when the reader comes near, or touches
// the pad before. A script element works from file:// too.
"use strict";
(() => {
  const cnnbook = globalThis.cnnbook;
  const { dom, drawing, network: networks, pad: pads, widgets } = cnnbook;
  const { button, element, paintMaps, percent, write } = dom;

  const NETWORKS = new URL("networks.js", document.currentScript.src).href;
  const NETWORK = "article";
  const PEN = 20; // its width on the sheet
  const MAPS = 4; // of each of two layers
  const NEAR = 600; // pixels below the window at which the networks are loaded
  const FIRST = 7; // the digit that is there in the beginning

  let loading = null;
  /** Load the networks once for all glances of the page. */
  function load() {
    loading ||= new Promise((resolve, reject) => {
      if (cnnbook.published?.[NETWORK]) return resolve();
      const script = element("script", { src: NETWORKS });
      script.addEventListener("load", () => (cnnbook.published?.[NETWORK] ? resolve() : reject()));
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return loading;
  }

  /** Call back when an element is near the window: at once if it is so already. */
  function whenNear(root, callback) {
    if (root.getBoundingClientRect().top < innerHeight + NEAR) return callback();
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      callback();
    }, { rootMargin: `${NEAR}px 0px` });
    observer.observe(root);
  }

  const pixelsOf = (digit) => Float32Array.from(networks.bytesFromBase64(digit.pixels), (value) => value / 255);

  /** One map of a layer's values. */
  function mapOf(values, channel, channels) {
    const map = new Float32Array(values.length / channels);
    for (let i = 0; i < map.length; i++) map[i] = values[i * channels + channel];
    return map;
  }

  /** How alike two lists of numbers are, from -1 to 1, whatever their scale. */
  function likeness(a, b) {
    const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
    const [ma, mb] = [mean(a), mean(b)];
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      ab += (a[i] - ma) * (b[i] - mb);
      aa += (a[i] - ma) ** 2;
      bb += (b[i] - mb) ** 2;
    }
    return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
  }

  /**
   * Channels whose maps are worth seeing: they vary much within each example, and are unlike each
   * other. Each build trains its own network, so none can be named in advance.
   */
  function channelsToShow(results, layer, shape) {
    const channels = shape[2];
    const candidates = Array.from({ length: channels }, (_, channel) => {
      const maps = results.map((result) => mapOf(result.values[layer], channel, channels));
      const spreads = maps.map((map) => {
        const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
        return Math.sqrt(map.reduce((sum, value) => sum + (value - mean) ** 2, 0) / map.length);
      });
      const spread = Math.min(...spreads); // it reacts to each of them
      return { channel, spread, flat: Float32Array.from(maps.flatMap((map) => [...map])) };
    });
    candidates.sort((a, b) => b.spread - a.spread);
    const lively = candidates.slice(0, 16);
    const chosen = [lively.shift()];
    while (chosen.length < MAPS) {
      const nearest = ({ flat }) => Math.max(...chosen.map((other) => likeness(flat, other.flat)));
      const ranked = lively.map((candidate) => [nearest(candidate), candidate]);
      ranked.sort(([a], [b]) => a - b);
      chosen.push(ranked[0][1]);
      lively.splice(lively.indexOf(ranked[0][1]), 1);
    }
    return chosen.map(({ channel }) => channel);
  }

  widgets.widget("glance", (root) => {
    const state = { strokes: [], example: null };
    let layers = []; // {index, channels, canvas}
    let examples = [];
    let network = null;
    let failed = false;
    let waiting = 0;
    let quiet = true; // nothing is said before the reader has done anything

    const speaker = dom.announcer();
    const penSpeaker = dom.announcer(); // its own: the answer, which comes later, would silence it
    const changed = () => {
      quiet = false;
      if (!network) begin();
      waiting ||= requestAnimationFrame(() => {
        waiting = 0;
        update();
      });
    };
    const clear = () => {
      state.example = null;
      speaker.cancel();
      pad.clear();
    };
    const pad = pads.makePad({
      strokes: state.strokes,
      paint: paintSheet,
      begin: () => {
        const cleared = state.example !== null;
        state.example = null; // a stroke takes its place
        return cleared;
      },
      changed,
      clear,
      say: (text, delay) => penSpeaker.say(text, delay),
    });
    const stamp = element("canvas", {});

    function paintSheet(context) {
      if (state.example) {
        paintMaps(stamp, state.example.pixels, [28, 28, 1], 1, "ink", 1);
        context.drawImage(stamp, 0, 0, pads.SHEET, pads.SHEET);
      }
      context.strokeStyle = dom.theme() === "dark" ? "#f0f0f0" : "#141414";
      pads.drawStrokes(context, state.strokes, PEN);
    }

    const verdict = element("div", { class: "cb-verdict", "aria-hidden": "true" }, "?");
    const note = element("div", { class: "cb-note" }, "Loading the network …");
    const bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = element("i", {});
      const text = element("span", { class: "cb-share" });
      const row = element("div", { class: "cb-bar" }, element("b", {}, networks.className(digit)), element("span", { class: "cb-track" }, bar), text);
      return { row, bar, text };
    });
    const maps = element("div", { class: "cb-glance-maps" });

    function received() {
      if (state.example) return { pixels: state.example.pixels };
      if (!state.strokes.length) return { pixels: new Float32Array(784), empty: true };
      if (!networks.otherClasses()) return drawing.fromStrokes(state.strokes, pads.SHEET);
      // No other data are known to have been prepared as the digits were.
      const pixel = pads.SHEET / drawing.FIELD;
      return { pixels: drawing.ink(state.strokes.map((stroke) => stroke.map((value) => value / pixel)), PEN / pixel) };
    }

    function update() {
      pad.draw();
      if (!network) {
        if (failed) write(note, "The network could not be loaded.");
        return;
      }
      const { pixels, empty } = received();
      const result = networks.run(network, pixels);
      const probabilities = result.values[result.values.length - 1];
      const digit = networks.answer(result);
      bars.forEach(({ row, bar, text }, d) => {
        const p = empty ? 0 : probabilities[d];
        bar.style.transform = `scaleX(${p})`;
        write(text, empty ? "" : percent(p));
        row.classList.toggle("cb-best", !empty && d === digit);
      });
      const drawn = state.strokes.length > 0;
      write(verdict, empty ? (drawn ? "…" : "?") : networks.className(digit));
      verdict.classList.toggle("cb-name", verdict.textContent.length > 2);
      const right = state.example && state.example.label;
      write(note, empty
        ? drawn ? "A longer stroke, please." : "Draw a digit."
        : `${percent(probabilities[digit])} sure` + (state.example && right !== digit ? `; it is a ${networks.className(right)}` : ""));
      for (const { index, shape, channels, canvas } of layers) {
        const values = result.values[index];
        const [height, width, count] = shape;
        const few = new Float32Array(height * width * MAPS);
        for (let i = 0; i < height * width; i++) {
          channels.forEach((channel, k) => (few[i * MAPS + k] = values[i * count + channel]));
        }
        paintMaps(canvas, few, [height, width, MAPS], MAPS);
      }
      if (quiet) return;
      speaker.say(
        empty
          ? drawn ? "Too small to be a digit: draw a longer stroke." : "The pad is empty."
          : `${state.example ? `Test digit, a ${networks.className(right)}. ` : ""}Read as ${networks.className(digit)}, ${percent(probabilities[digit])}.`,
      );
    }

    function place(number) {
      state.strokes.length = 0;
      state.example = examples[number % examples.length];
    }

    const next = button("Next example", () => {
      if (!network) return begin();
      const number = (examples.indexOf(state.example ?? state.last) + 1) % examples.length;
      pad.clear(); // a stroke that is being drawn ends
      place(number);
      state.last = state.example;
      changed();
    });

    /** Bring in the networks, the first example and the maps. */
    function begin() {
      load().then(() => {
        if (network) return;
        network = networks.published(NETWORK);
        const published = cnnbook.published[NETWORK].examples;
        examples = [...published.typical, ...published.misread].map((digit) => ({ label: digit.label, pixels: pixelsOf(digit) }));
        if (!state.strokes.length) place(Math.max(0, published.typical.findIndex(({ label }) => label === FIRST)));
        state.last = state.example;
        bars.forEach(({ row }, number) => write(row.firstChild, networks.className(number)));
        root.classList.toggle("cb-named", Boolean(networks.otherClasses()));
        const results = examples.slice(0, 5).map(({ pixels }) => networks.run(network, pixels));
        const convolutions = network.layers.flatMap((layer, index) => (layer.kind === "conv" ? [index] : []));
        layers = convolutions.slice(0, 2).map((index, order) => {
          const { shape } = network.layers[index];
          const canvas = element("canvas", {
            role: "img",
            "aria-label": `${MAPS} maps of the ${order ? "second" : "first"} convolution: where each finds its pattern in the digit`,
          });
          const title = `${order ? "Second convolution, larger ones" : "First convolution, small patterns"}: ${MAPS} of ${shape[2]} maps`;
          maps.append(element("div", { class: "cb-glance-layer" }, element("div", { class: "cb-small-title" }, title), canvas));
          return { index, shape, channels: channelsToShow(results, index, shape), canvas };
        });
        update();
        root.classList.add("cb-ready");
      }, () => {
        failed = true;
        update();
      });
    }

    root.replaceChildren(
      element(
        "div",
        { class: "cb-glance-grid" },
        pad,
        element("div", { class: "cb-answer" }, element("div", { class: "cb-answer-head" }, verdict, note), ...bars.map(({ row }) => row)),
        element("div", { class: "cb-row cb-glance-buttons" }, button("Clear", clear), next),
        maps,
      ),
      speaker, penSpeaker,
    );
    whenNear(root, begin);
    dom.onTheme(update);
    root.glance = { state, clear };
  });
})();
