// The playground page: a pad, the picture that the network receives, every layer, and questions.
//
// One object, `state`, holds what the reader has done; `update` computes everything from it and
// paints what has changed, at most once a frame. Each part of the page is made by a file of its own.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom } = cnnbook;
  const { element } = dom;
  const { run } = cnnbook.network;
  const { receive } = cnnbook.receive;
  const { FIRST, makeState, networkNamed } = cnnbook.state;
  const { toLink } = cnnbook.link;

  function start(root) {
    const state = makeState();
    const speaker = dom.announcer();
    let current = null; // {received, network, result} of the last update
    let waiting = 0;
    const now = () => current;

    function changed() {
      waiting ||= requestAnimationFrame(() => {
        waiting = 0;
        update();
      });
    }

    function update() {
      const network = networkNamed(state.network);
      const received = receive(state);
      const { pixels } = received;
      const same = current?.network === network && current.received.pixels.every((value, i) => value === pixels[i]);
      if (!same) questions.stop();
      current = { received, network, result: run(network, pixels) };
      paint();
      return current;
    }

    function paint() {
      sheet.pad.draw();
      photo.mark();
      received.paint();
      answer.paint();
      layers.paint();
      mark();
      inspector.paint();
      tour.paint();
    }

    function mark() {
      received.mark();
      layers.mark();
    }

    function chooseNetwork(name) {
      state.network = name;
      current = null; // what it held was computed by another network
      state.unit = null;
      state.view = "this";
      networkChoice.tell();
      inspector.put(); // away from the layers, which are made anew
      layers.build();
      questions.paintKept();
      update(); // at once: until then, what is touched would be a value of the other network
    }

    /** A unit was chosen: show its map, and outline it. */
    function chosen() {
      const { unit } = state;
      if (unit && unit.layer >= 0) lenses.showMap(networkNamed(state.network), unit.layer, unit.channel);
      if (!current) return;
      layers.paintLenses();
      mark();
      sheet.pad.draw();
    }

    // ---- The parts -----------------------------------------------------------------------------

    const inspector = cnnbook.inspector.makeInspector({
      state, now, speaker, chosen,
      layerAt: (index) => layers.at(index),
      received: () => received,
    });
    const { select } = inspector;
    const sheet = cnnbook.sheet.makeSheet({
      state, now, changed,
      begin: () => digits.makeRoom(),
      clear: () => digits.clear(),
    });
    const digits = cnnbook.controls.makeDigits({ state, pad: sheet.pad, select, speaker, changed });
    const { clear, place } = digits;
    const photo = cnnbook.photo.makePhoto({ root, state, put: digits.put, clear });
    const answer = cnnbook.answer.makeAnswer({ state, now, speaker });
    const received = cnnbook.receive.makeReceived({
      state, now, inspector, clear, changed,
      undo: () => sheet.pad.undo(),
    });
    const { setCentred } = received;
    const networkChoice = cnnbook.controls.makeNetworkChoice({ state, chooseNetwork, changed });
    const lenses = cnnbook.lens.makeLenses({
      state, now, inspector, speaker,
      repaint: () => layers.paintLenses(),
    });
    const layers = cnnbook.layers.makeLayers({ state, now, inspector, lenses, changed });
    const questions = cnnbook.ask.makeQuestions({ state, now, changed, paint });
    const link = cnnbook.link.makeLink({ state });

    const desk = element("div", { class: "cb-desk" }, sheet.pad, answer.node);
    const left = element(
      "div",
      { class: "cb-left" },
      element("div", { class: "cb-sheet" }, desk, sheet.speaker),
      received.node,
      inspector.node,
    );
    const right = element(
      "div",
      { class: "cb-right" },
      // What prepares a photo makes of it what MNIST's digits are.
      ...(cnnbook.network.otherClasses() ? [] : [photo.node]),
      digits.node,
      networkChoice.node,
      networkChoice.note,
      layers.node,
    );
    const stage = element("div", { class: "cb-stage" }, left, right);
    const tour = cnnbook.tour.makeTour({
      state, now, layers, lenses,
      places: cnnbook.places.makePlaces({ state }),
      frame: { desk, right, stage },
      actions: { changed, chooseNetwork, clear, place, select, setCentred, update },
    });

    /** Take a state from the page's address, if there is a new one; says whether there was. */
    function takeLink() {
      const found = link.read();
      if (!found) return false;
      chooseNetwork(found.network);
      setCentred(found.centred);
      state.image = null;
      state.given = false;
      if (found.image) place(...found.image);
      state.strokes.splice(0, Infinity, ...found.strokes);
      state.pen = found.pen;
      Object.assign(state.move, found.move);
      digits.setSliders();
      state.unit = found.unit;
      return true;
    }

    document.documentElement.classList.add("cb-page"); // room for the layers
    root.replaceChildren(
      element("div", { class: "cb-row" }, tour.start, element("span", { class: "cb-note cb-wide" }, "or draw a digit, and touch anything.")),
      tour.card,
      stage,
      link.node,
      questions.node,
      speaker,
    );
    layers.build();
    if (!takeLink()) place(...FIRST);
    update();
    addEventListener("hashchange", () => takeLink() && changed());
    dom.onTheme(() => {
      root.querySelectorAll("canvas").forEach((canvas) => canvas.repaint?.());
      changed();
    });
    root.classList.add("cb-ready");

    // For scripts and tests: the state, and what becomes of it.
    cnnbook.playground = {
      clear, place, select, state, update,
      receive: (centred) => receive(state, centred),
      readFile: photo.read,
      toLink: () => toLink(state),
    };
  }

  const root = document.querySelector(".cnnbook-playground");
  if (root && cnnbook.published?.article) start(root);
})();
