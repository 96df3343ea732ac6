// A digit out of noise, drawn in the page: the stored flow is asked sixteen times where to go.
"use strict";
(() => {
  const { dom, graph, widgets } = globalThis.cnnbook;
  const { button, choice, element, paintMaps, slider } = dom;
  const [SIDE, STEPS, NO_CLASS, MARGIN] = [28, 16, 10, 0.05]; // as in cnnbook.applications.flow

  /** Normally distributed numbers that a seed repeats. */
  function normal(seed, count) {
    let state = seed;
    const uniform = () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    return Float32Array.from({ length: count }, () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
  }

  /** Where the pixels x go at a time: v(x, none) + guidance (v(x, label) - v(x, none)). */
  function velocity(network, x, time, label, guidance) {
    const ask = (wanted) =>
      Object.values(graph.run(network, { image: x, moment: [time], label: [wanted] }))[0].data;
    const towards = ask(label);
    if (guidance === 1) return towards;
    const free = ask(NO_CLASS);
    return towards.map((value, i) => free[i] + guidance * (value - free[i]));
  }

  /** Pixels from -1 to 1 as ink from 0 to 1: nearly paper is paper, nearly ink is ink. */
  const ink = (x) => x.map((value) => Math.min(1, Math.max(0, ((1 + 2 * MARGIN) * (value + 1)) / 2 - MARGIN)));

  widgets.flow = { STEPS, ink, normal, velocity };
  if (typeof document === "undefined") return;

  widgets.widget("flow", (root) => {
    const state = { digit: 3, guidance: 2, seed: 1, stops: [] };
    let network = null;
    let run = 0; // a drawing that is no longer wanted ends

    const speaker = dom.announcer();
    const big = element("canvas", { class: "cb-flow-now", role: "img" });
    const strip = element("canvas", { class: "cb-flow-way", role: "img" });
    const told = element("p", { class: "cb-facts" }, "Press the button: then the page loads the network.");
    const draw = button("Draw", () => begin(), { class: "cb-button cb-primary" });
    const other = button("New noise", () => {
      state.seed += 1;
      begin();
    }, { disabled: true });

    /** The noise, and every second stop on the way, as far as it has been gone. */
    function paint() {
      const { stops } = state;
      const now = stops[stops.length - 1] ?? normal(state.seed, SIDE * SIDE);
      paintMaps(big, ink(now), [SIDE, SIDE, 1], 1, "ink", 1);
      const frames = STEPS / 2 + 1;
      const side = new Float32Array(SIDE * SIDE * frames);
      for (let frame = 0; frame < frames; frame++) {
        const stop = stops[2 * frame];
        if (stop) ink(stop).forEach((value, i) => (side[i * frames + frame] = value));
      }
      paintMaps(strip, side, [SIDE, SIDE, frames], frames, "ink", 1);
    }

    const wanted = () => (state.guidance ? `a ${state.digit}` : "any digit"); // without a pull, the label is unheard
    function tell(text) {
      dom.write(told, text);
      const step = Math.max(0, state.stops.length - 1);
      big.setAttribute("aria-label", step === STEPS ? `Drawn: ${wanted()}` : `Noise on its way to ${wanted()}, step ${step} of ${STEPS}`);
      strip.setAttribute("aria-label", `The way from noise to ${wanted()}, every second of ${STEPS} steps`);
    }

    /** Take a step, let the page breathe, and take the next. */
    function go(mine) {
      if (mine !== run) return;
      const { digit, guidance, stops } = state;
      const x = stops[stops.length - 1];
      const step = stops.length - 1;
      const v = velocity(network, x, step / STEPS, digit, guidance);
      stops.push(x.map((value, i) => value + v[i] / STEPS));
      const done = step + 1 === STEPS;
      if (!dom.calm() || done) paint(); // who wants no motion sees the end alone
      tell(done
        ? `Sixteen steps, ${guidance === 1 ? STEPS : 2 * STEPS} questions to the network.`
        : `Step ${step + 1} of ${STEPS} …`);
      if (done) speaker.say(`Drawn: ${wanted()}, guidance ${guidance}.`, 0);
      else setTimeout(() => go(mine), 0);
    }

    function begin() {
      const mine = ++run;
      state.stops = [normal(state.seed, SIDE * SIDE)];
      if (network) {
        tell(`Step 0 of ${STEPS} …`);
        return void setTimeout(() => go(mine), 0); // a slider that is still moving comes first
      }
      tell("Loading the network …");
      graph.load("flow").then((loaded) => {
        network = loaded;
        other.disabled = false;
        draw.textContent = "Draw again";
        root.classList.add("cb-ready");
        go(mine);
      }, () => tell("The network could not be loaded."));
    }
    /** Draw anew, from the same noise, once the reader has asked for the first drawing. */
    const changed = (key) => (value) => {
      state[key] = Number(value);
      if (network) begin();
      else tell(told.textContent);
    };

    const digits = Array.from({ length: 10 }, (_, digit) => [digit, String(digit)]);
    const pull = { min: 0, max: 5, step: 0.5, value: state.guidance, show: (value) => value.toFixed(1) };
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: the same noise, another digit, another guidance"),
      element("div", { class: "cb-flow" },
        big,
        element("div", {},
          choice("Digit", digits, state.digit, changed("digit")),
          slider("Guidance", pull, changed("guidance")),
          element("div", { class: "cb-row" }, draw, other),
          told)),
      strip, speaker,
    );
    paint();
    tell(told.textContent);
    dom.onTheme(paint);
  });
})();
