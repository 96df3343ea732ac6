// The questions that a reader can ask: their buttons, and how the answers are shown.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, questions } = cnnbook;
  const { button, choice, element, legend, paintMaps, percent, repainted, show } = dom;
  const { answer, className, run } = cnnbook.network;
  const { networkNamed, offered } = cnnbook.state;

  const STOPPED = "Stopped, since the digit changed or something else was asked.";

  /** "a, b, and c", or "a and b". */
  const listed = (words) =>
    words.length > 2 ? `${words.slice(0, -1).join(", ")}, and ${words[words.length - 1]}` : words.join(" and ");

  /** A picture of a network's input, or of a number for each of its pixels. */
  function picture(title, pixels, shape, kind, scale) {
    const canvas = element("canvas", { role: "img", "aria-label": title });
    repainted(canvas, () => paintMaps(canvas, pixels, shape, 1, kind, scale));
    const key = legend(kind);
    key.set(scale ?? dom.largest(pixels));
    return element("figure", { class: "cb-picture" }, canvas, element("figcaption", {}, title, key));
  }

  function barsOf(name, result) {
    const probabilities = result.values[result.values.length - 1];
    const digit = answer(result);
    return element(
      "div",
      { class: "cb-compared" },
      element("h3", {}, name),
      element("p", {}, `reads ${className(digit)}, ${percent(probabilities[digit])}`),
      element(
        "div",
        { class: "cb-columns", role: "img", "aria-label": Array.from(probabilities, (p, d) => `${className(d)}: ${percent(p)}`).join(", ") },
        ...Array.from(probabilities, (p, d) =>
          element("span", {}, element("i", { style: `height:${Math.max(1, 100 * p)}%` }), className(d).slice(0, 3))),
      ),
    );
  }

  /** A question with buttons; each of `controls` is given the node of the answer. */
  function question(title, text, ...controls) {
    const output = element("div", { class: "cb-output", "aria-live": "polite" });
    const node = element(
      "details",
      { class: "cb-details cb-question" },
      element("summary", {}, title),
      element("p", {}, text),
      element("div", { class: "cb-row" }, ...controls.map((make) => make(output))),
      output,
    );
    return node;
  }

  /**
   * All questions: {node, paintKept, stop}. `changed()` computes everything anew, `paint()` only paints
   * it. A question is answered in small portions; `stop()` cuts it short.
   */
  function makeQuestions({ state, now, changed, paint }) {
    let running = null;
    function stop() {
      if (running) running.stop();
      running = null;
    }

    const needsDigit = (output) => {
      if (!now().received.empty) return false;
      output.replaceChildren(element("p", {}, "Draw or choose a digit first."));
      return true;
    };

    async function askOcclusion(output) {
      if (needsDigit(output)) return;
      stop();
      const { network, received } = now();
      const told = element("p", {}, "Covering one place after another …");
      output.replaceChildren(told);
      running = questions.occlusion(network, received.pixels);
      const found = await running.done;
      if (!found) return void (told.textContent = STOPPED);
      output.replaceChildren(
        element(
          "div",
          { class: "cb-row" },
          picture("the picture", received.pixels, network.inputShape, "ink", 1),
          picture(`fall of the logit of ${className(found.digit)}`, found.map, network.inputShape, "signed"),
        ),
        element("p", {}, `Orange: covering these pixels takes away from the ${className(found.digit)}. Blue: covering them adds to it.`),
      );
    }

    async function askTurn(output, target) {
      if (needsDigit(output)) return;
      stop();
      const { network, received, result } = now();
      const before = answer(result);
      if (before === target) {
        output.replaceChildren(element("p", {}, `It is read as a ${className(target)} already: choose another digit.`));
        return;
      }
      const told = element("p", {}, "Following the gradient …");
      output.replaceChildren(told);
      running = questions.turnInto(network, received.pixels, target);
      const found = await running.done;
      if (!found) return void (told.textContent = STOPPED);
      if (!found.found) {
        output.replaceChildren(element("p", {}, `No change was found that makes this a ${className(target)}.`));
        return;
      }
      const most = dom.largest(found.difference);
      output.replaceChildren(
        element(
          "div",
          { class: "cb-row" },
          picture(`read as ${className(before)}`, received.pixels, network.inputShape, "ink", 1),
          picture("the change", found.difference, network.inputShape, "signed"),
          picture(`read as ${className(target)}`, found.picture, network.inputShape, "ink", 1),
        ),
        element("p", {},
          `No pixel changes by more than ${show(most)}; the root of the sum of all squared changes is ${show(found.length)}. ` +
          "Does the last picture look like another digit to you?"),
      );
    }

    function askNetworks(output) {
      if (needsDigit(output)) return;
      const compared = Object.entries(offered()).map(([key, { name }]) => {
        const network = networkNamed(key);
        const result = run(network, now().received.pixels);
        const node = barsOf(name, result);
        const first = network.layers.findIndex((layer) => layer.kind === "relu" || layer.activation === "relu");
        const canvas = element("canvas", { role: "img", "aria-label": `The first maps of the network: ${name}` });
        repainted(canvas, () => paintMaps(canvas, result.values[first], network.layers[first].shape, 8));
        node.append(canvas, element("span", { class: "cb-small-title" }, "its first maps after a ReLU"));
        return node;
      });
      output.replaceChildren(element("div", { class: "cb-row cb-side-by-side" }, ...compared));
    }

    // ---- A digit that is kept ------------------------------------------------------------------

    let keptOutput = null; // the node of its answer

    function keepDigit() {
      if (needsDigit(keptOutput)) return;
      state.kept = { network: state.network, pixels: now().received.pixels, result: now().result };
      paintKept();
      changed();
    }

    function paintKept() {
      const { kept } = state;
      const usable = kept && kept.network === state.network;
      if (!usable) state.view = "this";
      if (!kept) return;
      if (!usable) {
        keptOutput.replaceChildren(element("p", {}, "The digit that you kept was read by another network: keep one again."));
        return;
      }
      const views = [["this", "this digit"], ["kept", "the kept one"], ["difference", "difference"]];
      const shape = networkNamed(kept.network).inputShape;
      keptOutput.replaceChildren(
        element("div", { class: "cb-row cb-side-by-side" }, picture("the kept digit", kept.pixels, shape, "ink", 1), barsOf("the kept digit", kept.result)),
        choice("The maps show", views, state.view, (view) => {
          state.view = view;
          paint();
        }),
        element("p", {}, "Now draw or choose another digit, and look at the layers. In a difference, orange is larger for the digit on the pad, blue for the kept one. A value that you touch is explained for the digit on the pad."),
      );
    }

    const targets = element(
      "select",
      { class: "cb-select", "aria-label": "Turn it into", autocomplete: "off" },
      ...Array.from({ length: 10 }, (_, digit) => element("option", { value: digit }, `into a ${className(digit)}`)),
    );
    const readers = Object.values(offered()).map(({ reader }) => `by ${reader}`);
    const node = element(
      "section",
      { class: "cb-questions", "aria-label": "Ask" },
      element("h2", {}, "Ask"),
      question("Which pixels mattered?", "A small square of paper covers one place after another. Where does the answer suffer?",
        (output) => button("Cover and see", () => askOcclusion(output))),
      question("What would turn it into another digit?", "For each pixel, the gradient says whether more or less ink there favours the other digit. We follow it until the answer changes, then shorten the change as far as the answer allows.",
        () => targets,
        (output) => button("Change it", () => askTurn(output, Number(targets.value)))),
      question("How do two digits differ?", "Keep the digit that is on the pad, then draw another. Every layer can show the one, the other, or the difference.",
        (output) => {
          keptOutput = output;
          return button("Keep this digit", keepDigit);
        }),
      question("What would another network say?", `The same picture, read ${listed(readers)}.`,
        (output) => button("Compare", () => askNetworks(output))),
    );
    return { node, paintKept, stop };
  }

  cnnbook.ask = { makeQuestions };
})();
