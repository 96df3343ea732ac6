// Logits, softmax, loss and gradient; and what happens without the stable form.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { choice, element, show, slider } = dom;
  const CLASSES = 4;

  /** Softmax and cross-entropy in 32 bits: as the formula says, or with the largest logit off. */
  function lossOf(logits, target, stable) {
    const f = Math.fround; // each step is rounded to 32 bits, as in a network
    const most = stable ? Math.max(...logits) : 0;
    const powers = logits.map((logit) => f(Math.exp(f(logit - most))));
    const sum = powers.reduce((total, power) => f(total + power), 0);
    const probabilities = powers.map((power) => f(power / sum));
    const loss = stable ? f(f(Math.log(sum)) - f(logits[target] - most)) : f(-Math.log(probabilities[target]));
    const gradient = probabilities.map((p, i) => f(p - (i === target ? 1 : 0)));
    return { probabilities, loss: loss === 0 ? 0 : loss, gradient };
  }
  widgets.lossOf = lossOf;
  if (typeof document === "undefined") return;

  widgets.widget("loss", (root) => {
    const state = { logits: [2, 1, 0, -1], target: 0, factor: 1, stable: true };
    const speaker = dom.announcer();
    const body = element("tbody", {});
    const told = element("p", { class: "cb-facts" });
    const sliders = state.logits.map((logit, i) =>
      slider(`logit ${i}`, { min: -10, max: 10, step: 0.1, value: logit, show: (v) => v.toFixed(1).replace("-", "−") }, (value) => {
        state.logits[i] = value;
        paint();
      }));
    const set = (key) => (value) => {
      state[key] = typeof value === "boolean" ? value : Number(value);
      paint();
    };

    function bar(value, low) {
      const width = Number.isFinite(value) ? Math.min(1, Math.abs(value)) : 0;
      return element("span", { class: "cb-meter", "aria-hidden": "true" },
        element("i", { class: value < 0 ? "cb-minus" : "cb-plus", style: `left:${low ? (value < 0 ? 50 - 50 * width : 50) : 0}%;width:${(low ? 50 : 100) * width}%` }));
    }

    /** Why the formula has no answer in 32 bits. */
    function whyNot(logits) {
      const sum = logits.reduce((total, logit) => Math.fround(total + Math.fround(Math.exp(logit))), 0);
      const why = sum === Infinity
        ? "In 32 bits the exponential of a number above 88.7 is infinite, and so may a sum of exponentials be; divided by infinity, they give 0, or no number"
        : sum === 0
          ? "In 32 bits the exponential of a number below −104 is zero: here all of them are, and zero over zero is not a number"
          : "In 32 bits the exponential of a number below −104 is zero, and minus the logarithm of a probability of zero is infinite";
      return `${why}. Take the largest logit off first.`;
    }

    function paint() {
      const logits = state.logits.map((logit) => logit * state.factor);
      const { probabilities, loss, gradient } = lossOf(logits, state.target, state.stable);
      body.replaceChildren(...logits.map((logit, i) =>
        element("tr", { class: i === state.target ? "cb-chosen" : null },
          element("th", { scope: "row" }, i === state.target ? `${i}, the label` : String(i)),
          element("td", {}, show(logit)),
          element("td", {}, show(probabilities[i]), bar(probabilities[i], false)),
          element("td", {}, show(gradient[i]), bar(gradient[i], true)))));
      told.textContent = `Loss ${show(loss)}. ` +
        (Number.isFinite(loss)
          ? "The gradient is p − y: it pulls the label's logit up and pushes the others down, and adds up to zero."
          : whyNot(logits));
      speaker.say(`Loss ${show(loss)}`);
    }

    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: move the logits, and read the loss and its gradient"),
      element("div", { class: "cb-parts" },
        element("div", { class: "cb-logits" }, ...sliders),
        element("div", { class: "cb-scroll", tabindex: "0", role: "group", "aria-label": "Softmax and gradient" },
          element("table", { class: "cb-table" },
            element("thead", {}, element("tr", {}, ...["class", "logit", "softmax p", "gradient"].map((t) => element("th", { scope: "col" }, t)))),
            body))),
      element("div", { class: "cb-row" },
        choice("Label", Array.from({ length: CLASSES }, (_, i) => [i, String(i)]), 0, set("target")),
        choice("Logits times", [[1, "1"], [20, "20"]], 1, set("factor"))),
      choice("Softmax", [[true, "stable form"], [false, "as the formula says"]], true, set("stable")),
      told, speaker,
    );
    paint();
    dom.onTheme(paint);
  });
})();
