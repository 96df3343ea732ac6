// Type a word: the stored network says in which language it may be, and what each letter adds.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, graph, widgets } = cnnbook;

  // As `cnnbook/applications/names.py` has them, in the order of their codes.
  const LANGUAGES = [
    "Danish", "German", "English", "Estonian", "Finnish", "French",
    "Lithuanian", "Latvian", "Norwegian", "Dutch", "Polish", "Swedish",
  ];
  const [START, END] = ["<", ">"]; // marks of a name's start and end
  const [MARGIN, LONGEST, PLACES] = [3, 30, 38];
  const WORDS = [
    "kanarische inseln", "îles canaries", "canarische eilanden", "saint helena", "południowa afryka",
    "öland", "etelä-korea", "donnerstag", "tirsdag", "rugsėjis",
  ];

  /** A name as the network learned them: lower case, of letters, spaces, hyphens and apostrophes. */
  function clean(text) {
    return text.normalize("NFC").toLowerCase().normalize("NFC").replaceAll("’", "'")
      .replace(/[^\p{L}'-]+/gu, " ").trim().slice(0, LONGEST).trim();
  }

  /** One-hot letters between two marks: a letter without a channel leaves its place empty. */
  function encode(text, letters) {
    const data = new Float32Array(PLACES * letters.length);
    [START, ...text, END].forEach((letter, i) => {
      const channel = letters.indexOf(letter);
      if (channel >= 0) data[(MARGIN + i) * letters.length + channel] = 1;
    });
    return { shape: [1, PLACES, letters.length], data };
  }

  /**
   * What the network says of a word: probabilities by language, and what each place adds to each
   * logit, as `names.letter_contributions`: a filter's largest activation times its weight in the
   * last layer, shared evenly among the places of its best window.
   */
  function read(network, text) {
    const layers = network.nodes.filter(({ kind }) => kind === "conv");
    const last = network.nodes.find(({ kind }) => kind === "dense");
    const count = LANGUAGES.length;
    const outputs = graph.run(network, encode(text, network.letters), layers.map(({ name }) => name));
    const adds = new Float64Array(PLACES * count);
    let start = 0;
    for (const { name, arrays } of layers) {
      const [, width, , filters] = arrays.kernel.shape;
      const { shape: [, places], data } = outputs[name];
      for (let filter = 0; filter < filters; filter++) {
        let best = 0;
        for (let place = 1; place < places; place++) {
          if (data[place * filters + filter] > data[best * filters + filter]) best = place;
        }
        const largest = data[best * filters + filter];
        for (let language = 0; language < count; language++) {
          const part = (largest * last.kernel[(start + filter) * count + language]) / width;
          for (let offset = 0; offset < width; offset++) adds[(best + offset) * count + language] += part;
        }
      }
      start += filters;
    }
    const logits = outputs[Object.keys(network.outputs)[0]];
    return { probabilities: graph.softmax(logits).data, adds };
  }

  cnnbook.words = { LANGUAGES, WORDS, clean, encode, read };
  if (typeof module !== "undefined") module.exports = cnnbook;
  if (typeof document === "undefined") return;

  // ---- The widget ------------------------------------------------------------------------------

  const { button, cellStyle, element, percent, write } = dom;
  const SHOWN = 4; // languages

  widgets.widget("word", (root) => {
    let [network, found, text, chosen, next, asked] = [null, null, "", 0, 0, 0];
    const speaker = dom.announcer();
    const note = element("p", { class: "cb-facts cb-word-told" }, "Type a name, such as that of a country or a day of the week.");
    const field = element("input", {
      type: "text", class: "cb-link", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: LONGEST,
      oninput: () => update(),
      onfocus: () => load(),
      onkeydown: (event) => event.stopPropagation(),
    });
    const squares = element("div", { class: "cb-word-letters", "aria-hidden": "true" });
    const bars = element("div", { class: "cb-word-bars", role: "group", "aria-label": "Languages: choose one to see which letters speak for it" });

    async function load() {
      try {
        network ||= await graph.load("text");
      } catch {
        write(note, "The network could not be loaded.");
      }
      return network;
    }

    async function update() {
      const now = ++asked;
      if (!network) write(note, "Loading the network …");
      if (!(await load()) || now !== asked) return;
      text = clean(field.value);
      if (!text) {
        found = null;
        squares.replaceChildren();
        bars.replaceChildren();
        return write(note, "Type a name, such as that of a country or a day of the week.");
      }
      found = read(network, text);
      chosen = graph.largestOf(found.probabilities);
      paint();
    }

    function paint() {
      if (!found) return;
      const { probabilities, adds } = found;
      const letters = [START, ...text, END];
      const values = letters.map((_, i) => adds[(MARGIN + i) * LANGUAGES.length + chosen]);
      const scale = dom.largest(values);
      squares.replaceChildren(...letters.map((letter, i) => element(
        "span",
        { class: `cb-word-letter${values[i] > 0.3 * scale ? " cb-strong" : ""}`, style: cellStyle(values[i], scale) },
        letter === START || letter === END ? "" : letter === " " ? "␣" : letter,
      )));
      const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
      const focused = bars.contains(document.activeElement);
      bars.replaceChildren(...order.slice(0, SHOWN).map((language) => element(
        "button",
        {
          type: "button",
          class: `cb-contribution${language === order[0] ? " cb-best" : ""}`,
          "aria-pressed": String(language === chosen),
          onclick: () => {
            chosen = language;
            paint();
          },
        },
        element("span", {}, LANGUAGES[language]),
        element("span", { class: "cb-track" }, element("i", { style: `transform:scaleX(${probabilities[language]})` })),
        element("span", { class: "cb-share" }, percent(probabilities[language])),
      )));
      if (focused) bars.querySelector('[aria-pressed="true"]')?.focus();
      const most = values.map((value, i) => [value, i]).filter(([value]) => value > 0.3 * scale)
        .sort(([a], [b]) => b - a).slice(0, 3)
        .map(([, i]) => (i === 0 ? "its start" : i === letters.length - 1 ? "its end" : letters[i] === " " ? "the space" : letters[i]));
      const unknown = [...new Set(text)].filter((letter) => !network.letters.includes(letter));
      write(note,
        `Read as ${LANGUAGES[order[0]]}, ${percent(probabilities[order[0]])}. ` +
        (most.length ? `For ${LANGUAGES[chosen]} speak most: ${most.join(", ")}.` : `Hardly a letter speaks for ${LANGUAGES[chosen]}.`) +
        (unknown.length ? ` The network never met ${unknown.join(", ")}.` : ""));
      speaker.say(note.textContent);
    }

    const another = button("Another name", () => {
      field.value = WORDS[next++ % WORDS.length];
      update();
    });
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: in which language is your word?"),
      element("div", { class: "cb-row" }, element("label", { class: "cb-field cb-word-field" }, "Word", field), another),
      squares, bars, note, speaker,
    );
    dom.onTheme(paint);
  });
})();
