// Dial a number in noise, hear it, see it, and read what the stored network hears.
//
// The sounds are those of `cnnbook/applications/tones.py`, with exact frequencies.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, graph, sound: sounds, widgets } = cnnbook;

  const RATE = 8000; // samples a second
  const WINDOW = 800; // samples that the network learned from
  const [LOW, HIGH] = [[697, 770, 852, 941], [1209, 1336, 1477, 1633]]; // hertz: the row, the column
  const KEYS = "123A456B789C*0#D";
  const NO_KEY = 16;
  const [TONE, PAUSE] = [480, 1120]; // samples: 60 and 140 milliseconds
  const LONGEST = 8; // keys of a number
  const HEARD = 8; // answers in a row that make a key: 32 milliseconds

  /** The tones of a number, of power 1 while they sound, with a pause before each and at the end. */
  function dial(number, random) {
    const sound = new Float32Array(PAUSE + number.length * (TONE + PAUSE));
    [...number].forEach((key, place) => {
      const index = KEYS.indexOf(key);
      const hertz = [LOW[Math.floor(index / 4)], HIGH[index % 4]];
      const phases = hertz.map(() => 2 * Math.PI * random());
      const start = PAUSE + place * (TONE + PAUSE);
      for (let t = 0; t < TONE; t++) {
        hertz.forEach((frequency, i) => (sound[start + t] += Math.sin((2 * Math.PI * frequency * t) / RATE + phases[i])));
      }
    });
    return sound;
  }

  /** A vowel-like voice: harmonics of a gliding pitch, loud around two formants. */
  function voice(count, random) {
    const draw = (low, high) => low + (high - low) * random();
    const [pitch, vibrato, start] = [draw(90, 240), draw(0.01, 0.06), draw(0, 2 * Math.PI)];
    const [glide, glideStart] = [draw(2, 6), draw(0, 2 * Math.PI)];
    const formants = [[draw(300, 800), 90, 1], [draw(900, 2300), 130, 0.6]];
    const [beat, beatStart, level] = [draw(2, 6), draw(0, 2 * Math.PI), 10 ** (draw(-6, 0) / 20)];
    const harmonics = [];
    for (let harmonic = 1; harmonic * pitch < 3400; harmonic++) {
      const strength = ([middle, width, most]) => most / (1 + ((harmonic * pitch - middle) / width) ** 2);
      harmonics.push(strength(formants[0]) + strength(formants[1]));
    }
    const sound = Float32Array.from({ length: count }, (_, t) => {
      const seconds = t / RATE;
      const wobble = vibrato * Math.sin(2 * Math.PI * glide * seconds + glideStart);
      const phase = start + 2 * Math.PI * pitch * (seconds + wobble / 20);
      return harmonics.reduce((sum, strength, i) => sum + strength * Math.cos((i + 1) * phase), 0);
    });
    const loud = Math.sqrt(sounds.powerOf(sound));
    return sound.map((value, t) =>
      (level * (0.6 + 0.4 * Math.sin((2 * Math.PI * beat * t) / RATE + beatStart)) * value) / loud);
  }

  /** Noise of power 1: "white", or "babble", three voices at once. */
  function noise(kind, count, random) {
    let sound = kind === "white" ? sounds.white(count, random) : new Float32Array(count);
    for (let i = 0; kind === "babble" && i < 3; i++) {
      const one = voice(count, random);
      sound = sound.map((value, t) => value + one[t]);
    }
    const loud = Math.sqrt(sounds.powerOf(sound));
    return sound.map((value) => value / loud);
  }

  /** Add noise of a strength, in decibels below the tones, and bring the power to 1. */
  function mix(tones, hiss, decibels) {
    const sound = tones.map((value, t) => value + 10 ** (-decibels / 20) * hiss[t]);
    const loud = Math.sqrt(sounds.powerOf(sound));
    return sound.map((value) => value / loud);
  }

  /** Let a network for windows answer along a recording: its mean over time becomes a mean that slides. */
  function sliding(network) {
    const place = network.nodes.findIndex(({ kind }) => kind === "overall");
    const before = network.nodes[place - 1].name;
    const silence = { shape: [1, WINDOW, 1], data: new Float32Array(WINDOW) };
    const [, width] = graph.run(network, silence, [before])[before].shape;
    const nodes = [...network.nodes];
    nodes[place] = { ...nodes[place], kind: "pool", size: [1, width], strides: [1, 1], padding: "valid" };
    return { ...network, nodes };
  }

  /** The class of each stretch of 100 milliseconds, one every 4. */
  function listen(network, sound) {
    const [{ shape: [, count, classes], data }] = Object.values(
      graph.run(network, { shape: [1, sound.length, 1], data: sound }));
    return Array.from({ length: count }, (_, i) => graph.largestOf(data, i * classes, classes));
  }

  /** What lasts for eight answers or more, each with the middle of its stretch: [{key, at}]. */
  function readOut(classes) {
    const kept = [];
    for (let start = 0, end; start < classes.length; start = end) {
      for (end = start; classes[end] === classes[start]; ) end++;
      if (end - start >= HEARD && kept[kept.length - 1]?.class !== classes[start]) {
        kept.push({ class: classes[start], key: KEYS[classes[start]], at: (start + end) / 2 });
      }
    }
    return kept.filter((run) => run.class !== NO_KEY);
  }

  cnnbook.tones = { KEYS, LONGEST, dial, listen, mix, noise, readOut, sliding };
  if (typeof module !== "undefined") module.exports = cnnbook;
  if (typeof document === "undefined") return;

  // ---- The widget ------------------------------------------------------------------------------

  const { button, choice, element, slider, write } = dom;

  widgets.widget("tones", (root) => {
    const state = { number: "", kind: "white", decibels: 0 };
    let [network, clean, hiss, mixed, classes, waiting] = [null, null, null, null, null, 0];
    const speaker = dom.announcer();
    const note = element("p", { class: "cb-facts cb-scene-told" }, "Press keys. Then let the noise grow.");
    const picture = element("canvas", { role: "img", "aria-label": "Spectrogram" });
    const [dialled, heard] = [element("div", { class: "cb-tones-row" }), element("div", { class: "cb-tones-row" })];
    const plot = element("div", { class: "cb-tones-plot", hidden: true },
      element("span", { class: "cb-note" }, "dialled"), dialled,
      element("span", { class: "cb-note cb-tones-axis" }, element("span", {}, "2 kHz"), element("span", {}, "0")), picture,
      element("span", { class: "cb-note" }, "heard"), heard);

    /** Write keys at their time, `at` in samples. */
    const marks = (row, keys) => row.replaceChildren(...keys.map(({ key, at, wrong }) =>
      element("b", { style: `left:${(100 * at) / mixed.length}%`, class: wrong ? "cb-wrong" : "" }, key)));

    function newNoise() {
      clean = dial(state.number, Math.random);
      hiss = noise(state.kind, clean.length, Math.random);
    }

    async function update() {
      if (!state.number) {
        plot.hidden = true;
        return write(note, "Press keys. Then let the noise grow.");
      }
      mixed = mix(clean, hiss, state.decibels);
      try {
        if (!network) write(note, "Loading the network …");
        network ||= sliding(await graph.load("audio"));
      } catch {
        return write(note, "The network could not be loaded.");
      }
      classes = listen(network, mixed);
      const keys = readOut(classes);
      const read = keys.map(({ key }) => key).join("");
      plot.hidden = false;
      sounds.paint(picture, sounds.spectrogram(mixed, { hop: 32 }));
      const middle = (place) => PAUSE + place * (TONE + PAUSE) + TONE / 2;
      marks(dialled, [...state.number].map((key, place) => ({ key, at: middle(place) })));
      marks(heard, keys.map(({ key, at }) => {
        const samples = 32 * at + WINDOW / 2;
        const place = Math.round((samples - middle(0)) / (TONE + PAUSE));
        return { key, at: samples, wrong: state.number[place] !== key };
      }));
      write(note, read === state.number
        ? `Heard: ${read}, as dialled.`
        : `Heard: ${read || "no key"}. Dialled: ${state.number}.`);
      speaker.say(note.textContent);
    }
    const soon = () => {
      waiting ||= requestAnimationFrame(() => {
        waiting = 0;
        update();
      });
    };

    function play() {
      if (mixed && !sounds.play(mixed, RATE)) write(note, "This browser plays no sound; the picture shows it.");
    }
    const field = element("input", {
      type: "text", class: "cb-number cb-tones-number", autocomplete: "off", inputmode: "tel", maxlength: LONGEST,
      oninput: () => {
        const typed = field.value.toUpperCase();
        dialNumber([...typed].filter((key) => KEYS.includes(key)).join(""));
      },
      onkeydown: (event) => event.stopPropagation(),
    });
    function dialNumber(number) {
      state.number = number.slice(-LONGEST);
      field.value = state.number;
      newNoise();
      soon();
    }
    function press(key) {
      dialNumber(state.number + key);
      const one = dial(key, Math.random);
      const hissing = hiss.subarray(0, one.length);
      sounds.play(mix(one, hissing, state.decibels), RATE);
    }
    const pad = element("div", { class: "cb-tones-keys", role: "group", "aria-label": "Telephone keys" },
      ...[...KEYS].map((key) => button(key, () => press(key), { class: "cb-button cb-square" })));

    root.classList.add("cb-tones");
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: dial a number in noise"),
      element("div", { class: "cb-beside" },
        pad,
        element("div", {},
          element("div", { class: "cb-row" },
            element("label", { class: "cb-field" }, "Number", field),
            button("Play", play),
            button("Clear", () => dialNumber(""))),
          choice("Noise", [["white", "white"], ["babble", "babble"]], "white", (kind) => {
            state.kind = kind;
            newNoise();
            soon();
          }),
          slider("Tones over noise", { min: -20, max: 20, step: 1, value: 0, show: (v) => `${String(v).replace("-", "−")} dB` },
            (value) => {
              state.decibels = value;
              soon();
            }),
          note)),
      plot, speaker,
    );
    dom.onTheme(() => state.number && soon());
  });
})();
