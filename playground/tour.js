// The guided tour: a card that goes from one part of the page to the next.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom } = cnnbook;
  const { button, element, write } = dom;
  const { HEADER } = cnnbook.inspector;
  const { clearestKernel, slopes, unitOfLargest } = cnnbook.lens;
  const { FIRST, indexOf, networkNamed } = cnnbook.state;

  const times = (count) => Array(2).fill(count).join(" × ");

  /** Which edges a kernel answers to: it is positive where the ink has to be, negative where paper. */
  function edgesOf(layer, filter) {
    const { across, down } = slopes(layer, filter);
    if (Math.abs(down) > Math.abs(across)) return down > 0 ? "upper edges of strokes" : "lower edges of strokes";
    return across > 0 ? "left edges of strokes" : "right edges of strokes";
  }

  /**
   * The steps. Each has a heading, the chapter that says more, the part that it is about (the last one
   * none but `places`), what it does to the page, and a text, whose numbers are the network's.
   */
  function stepsOf({ state, now, layers, lenses, places, actions }) {
    const { chooseNetwork, clear, place, select, setCentred, update } = actions;
    const network = () => networkNamed("article"); // the tour chooses it
    const layerOf = (name) => network().layers[indexOf(network(), name)];
    const mapOf = (name) => lenses.mapOf(network(), indexOf(network(), name));
    const selectLargest = (name, map) => select(unitOfLargest(now(), indexOf(network(), name), map));

    /** A digit as the network was trained on, in the middle; what the reader has drawn may stay. */
    function setDigit() {
      chooseNetwork("article");
      setCentred(!cnnbook.network.otherClasses());
      if (state.given || (!state.image && !state.strokes.length)) place(...FIRST);
      update();
    }

    return [
      {
        heading: "One kernel, one map",
        chapter: ["convolution", "Convolution"],
        part: () => layers.named("conv1").lens.node,
        set: () => {
          setDigit();
          lenses.showMap(network(), indexOf(network(), "conv1"), clearestKernel(layerOf("conv1")));
          select(null);
        },
        text: () => {
          const { size, shape } = layerOf("conv1");
          return (
            `A kernel is a window of ${times(size)} weights, found in training. It gives one number at each place of the picture: ` +
            `a map of where its pattern is, here ${edgesOf(layerOf("conv1"), mapOf("conv1"))}. ` +
            `Below are the maps of all ${shape[2]} kernels.`
          );
        },
      },
      {
        heading: "One number of it",
        chapter: ["convolution", "Convolution"],
        part: () => layers.named("conv1").lens.node,
        set: () => {
          setDigit();
          selectLargest("conv1", mapOf("conv1"));
        },
        text: () => {
          const { size } = layerOf("conv1");
          return (
            `The largest number of the map: ${size ** 2} pixels, each times the weight at its place, added up, and a bias with them. ` +
            "ReLU would turn a sum below zero into zero. The panel shows every product."
          );
        },
      },
      {
        heading: "Pooling: the same map, smaller",
        chapter: ["pooling", "Pooling"],
        part: () => layers.named("pool1").lens.node,
        set: () => {
          setDigit();
          selectLargest("pool1", mapOf("pool1"));
        },
        text: () => {
          const { size, shape, inputShape } = layerOf("pool1");
          return (
            `Of every ${times(size)} numbers pool1 keeps the largest: ${inputShape[0]} rows become ${shape[0]}. ` +
            `At which of the ${size ** 2} places it stood is forgotten, and the next layer has less to read.`
          );
        },
      },
      {
        heading: "From maps to units",
        chapter: ["architecture", "Architecture"],
        part: () => layers.named("dense1").node,
        set: () => {
          setDigit();
          selectLargest("dense1");
        },
        text: () => {
          const [rows, columns, maps] = layerOf("pool2").shape;
          const { shape, inputShape } = layerOf("dense1");
          return (
            `conv2 and pool2 do the same again and leave ${maps} maps of ${rows} × ${columns}: ${inputShape[0].toLocaleString("en")} numbers. ` +
            `Each of the ${shape[0]} units of dense1 has a weight of its own for every place of every map.`
          );
        },
      },
      {
        heading: "Ten probabilities",
        chapter: ["loss", "Loss"],
        part: () => layers.named("dense2").node,
        set: () => {
          setDigit();
          selectLargest("dense2");
        },
        text: () =>
          "dense2 adds up one sum for each digit. Softmax turns the ten sums into probabilities that add up to 1. " +
          "The largest is the answer.",
      },
      {
        digits: true, // a step that other data do not have
        heading: "Why a 7 in a corner is misread",
        chapter: ["training", "Training"],
        part: () => places.node,
        set: () => {
          chooseNetwork("article");
          clear();
          setCentred(false);
          places.draw();
          state.given = true;
          update();
          places.paint();
        },
        text: () =>
          `This 7 is read as a ${places.readAs(false)}; scaled and centred, as a ${places.readAs(true)}. ` +
          "The maps find its strokes in both places, but in the corner they meet other weights of dense1, learned from digits in the middle. " +
          "Scale and centre it, and watch the answer.",
      },
    ];
  }

  /**
   * The tour: {start, card, paint}. `frame` holds the parts of the page between which the card moves,
   * {desk, right, stage}; `actions` are those of the page.
   */
  function makeTour({ state, now, frame, layers, lenses, places, actions }) {
    const { changed, select, setCentred, update } = actions;
    const steps = stepsOf({ state, now, layers, lenses, places, actions })
      .filter(({ digits }) => !digits || !cnnbook.network.otherClasses());
    let step = -1;
    const title = element("h2", { tabindex: "-1" });
    const text = element("p", {});
    const link = element("a", {});
    const told = element("div", {}, title, text);
    const back = button("Back", () => go(step - 1));
    const next = button("Next", () => go(step + 1), { class: "cb-button cb-primary" });
    const end = button("End", () => go(-1), { class: "cb-button cb-quiet", "aria-label": "End the tour" });
    const more = element("span", { class: "cb-note" }, "More: ", link);
    const centre = button("Centre it", () => {
      setCentred(!state.centred);
      changed();
    });
    const row = element("div", { class: "cb-row" }, back, next, end, centre, more);
    const card = element("section", { class: "cb-tour", "aria-label": "Guided tour", hidden: true }, told, row);
    const count = ["no", "one", "two", "three", "four", "five", "six"][steps.length];
    const start = button(`A tour of ${count} steps`, () => go(0), { class: "cb-button cb-primary" });
    // On a narrow page the card scrolls away with what it is about, all but its buttons.
    new ResizeObserver(() => card.style.setProperty("--told", `${told.offsetHeight}px`)).observe(told);

    const scrollPadding = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0; // the theme's

    function leave() {
      if (state.given) setCentred(true);
      select(null);
      changed();
      start.focus();
    }

    /** Put the card where its part can be seen as well, and scroll there. */
    function put(target) {
      const { desk, right, stage } = frame;
      // Above all layers where they stand beside the drawing, and stays in view; else right above its
      // part. The last step speaks of the drawing as well.
      const wide = matchMedia("(min-width: 1100px)").matches;
      const last = target === places.node;
      centre.hidden = !last;
      more.hidden = last;
      if (wide) right.prepend(card);
      else if (last) desk.after(card);
      else target.closest(".cb-layer").before(card);
      if (last) card.after(target);
      title.focus({ preventScroll: true });
      const behavior = dom.calm() ? "auto" : "smooth";
      const anchor = !wide ? (last ? desk : card) : last ? stage : target;
      const below = wide && !last ? card.offsetHeight + 16 : 0;
      anchor.style.scrollMarginTop = `${HEADER + 8 + below - scrollPadding()}px`;
      // One scrolls to where the card belongs, and not to where it stays in view: for Firefox they differ.
      card.style.position = "static";
      // The drawing stays in view as long as the window ends within the stage.
      const room = stage.getBoundingClientRect().bottom - innerHeight + 8;
      if (wide && anchor.getBoundingClientRect().top - HEADER - 8 - below > room) {
        stage.style.scrollMarginBottom = "8px";
        stage.scrollIntoView({ block: "end", behavior });
      } else anchor.scrollIntoView({ block: "start", behavior });
      card.style.position = "";
    }

    function go(number) {
      document.querySelectorAll(".cb-toured").forEach((node) => node.classList.remove("cb-toured"));
      const from = step;
      step = number < steps.length ? number : -1;
      card.hidden = step < 0;
      places.node.hidden = true;
      if (step < 0) return from < 0 ? undefined : leave();
      const { heading, chapter, part, set, text: say } = steps[step];
      set();
      update();
      title.textContent = `${step + 1} of ${steps.length}: ${heading}`;
      text.textContent = say();
      link.textContent = chapter[1];
      link.href = `${chapter[0]}.html`;
      back.disabled = step === 0;
      next.textContent = step === steps.length - 1 ? "Done" : "Next";
      const target = part();
      target.hidden = false;
      target.classList.add("cb-toured");
      put(target);
    }

    const paint = () => write(centre, state.centred ? "As drawn" : "Centre it");
    return { start, card, paint };
  }

  cnnbook.tour = { makeTour };
})();
