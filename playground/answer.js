// The network's answer: the digit, how sure it is, and a bar for each probability.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { element, percent, write } = cnnbook.dom;
  const { answer, className, otherClasses } = cnnbook.network;

  /** What stands beside the pad; `speaker` tells it when the drawing has come to rest. */
  function makeAnswer({ state, now, speaker }) {
    const verdict = element("div", { class: "cb-verdict", "aria-hidden": "true" }, "?");
    const note = element("div", { class: "cb-note" });
    const bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = element("i", {});
      const text = element("span", { class: "cb-share" });
      const row = element("div", { class: "cb-bar" }, element("b", {}, className(digit)), element("span", { class: "cb-track" }, bar), text);
      return { row, bar, text };
    });
    const node = element(
      "div",
      { class: `cb-answer${otherClasses() ? " cb-named" : ""}` },
      element("div", { class: "cb-answer-head" }, verdict, note),
      ...bars.map(({ row }) => row),
    );

    function paint() {
      const { received, result } = now();
      const probabilities = result.values[result.values.length - 1];
      const digit = answer(result);
      const blank = received.empty;
      bars.forEach(({ row, bar, text }, d) => {
        const p = blank ? 0 : probabilities[d];
        bar.style.transform = `scaleX(${p})`;
        write(text, blank ? "" : percent(p));
        row.classList.toggle("cb-best", !blank && d === digit);
      });
      const started = state.strokes.length || state.image;
      verdict.textContent = blank ? (started ? "…" : "?") : className(digit);
      verdict.classList.toggle("cb-name", verdict.textContent.length > 2);
      note.textContent = blank
        ? started
          ? state.centred
            ? "Too small to be a digit: draw a longer stroke."
            : "Nothing of it is on the sheet."
          : "Draw a digit, or choose a test digit or a photo."
        : `${percent(probabilities[digit])} sure` +
          (state.image?.label !== undefined ? `; the right answer is ${className(state.image.label)}` : "");
      if (!started) speaker.say("The pad is empty.");
      else if (blank) speaker.say(note.textContent);
      else {
        const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
        speaker.say(
          `Read as ${className(digit)}, ${percent(probabilities[digit])}. Next ${className(order[1])}, ${percent(probabilities[order[1]])}.`,
        );
      }
    }
    return { node, paint };
  }

  cnnbook.answer = { makeAnswer };
})();
