// Say a digit into the microphone, or choose a sound: the stored network says which digit it hears.
// Nothing leaves the page, and nothing is recorded before the button is pressed.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, graph, sound: sounds, widgets } = cnnbook;

  const RATE = 8000; // samples a second
  const [FRAME, HOP, BANDS, LOWEST] = [256, 128, 32, 100]; // samples, samples, bands, hertz
  const RANGE = 60; // decibels below the loudest that are shown
  const [HIGH, WIDE] = [BANDS, Math.floor((RATE - FRAME) / HOP) + 1]; // of a picture of a second

  /** Triangles over the frequencies of a frame, even on the mel scale: bands of bins. */
  function bandFilters() {
    const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700);
    const [low, high] = [mel(LOWEST), mel(RATE / 2)];
    const edges = Array.from({ length: BANDS + 2 }, (_, i) =>
      700 * (10 ** ((low + ((high - low) * i) / (BANDS + 1)) / 2595) - 1));
    return Array.from({ length: BANDS }, (_, band) =>
      Float32Array.from({ length: FRAME / 2 + 1 }, (__, bin) => {
        const hertz = (bin * RATE) / FRAME;
        const up = (hertz - edges[band]) / (edges[band + 1] - edges[band]);
        const down = (edges[band + 2] - hertz) / (edges[band + 2] - edges[band + 1]);
        return Math.max(0, Math.min(up, down));
      }));
  }
  const FILTERS = bandFilters();

  /**
   * The levels of bands, time by time, in the second around the middle of a sound's energy, as
   * `cnnbook/audio/speech` has them: the loudest is 1, what is 60 decibels below it is 0.
   */
  function picture(sound) {
    let [sum, moment] = [0, 0];
    sound.forEach((value, i) => {
      sum += value * value + 1e-20;
      moment += i * (value * value + 1e-20);
    });
    const start = Math.round(moment / sum) - RATE / 2;
    const cut = Float32Array.from({ length: RATE }, (_, i) => sound[start + i] ?? 0);
    const bins = FRAME / 2 + 1;
    const { frames, power } = sounds.spectrogram(cut, { frame: FRAME, hop: HOP, bins });
    const levels = new Float64Array(frames * BANDS);
    for (let t = 0; t < frames; t++) {
      FILTERS.forEach((filter, band) => {
        let total = 1e-20;
        for (let bin = 0; bin < bins; bin++) total += filter[bin] * power[t * bins + bin];
        levels[t * BANDS + band] = 10 * Math.log10(total);
      });
    }
    const loudest = levels.reduce((most, value) => Math.max(most, value), -Infinity);
    return Float32Array.from(levels, (level) => Math.min(1, Math.max(0, (level - loudest) / RANGE + 1)));
  }

  /** The loudest second and a half of a longer sound: its noise would pull the middle. */
  function loudest(sound, count = 1.5 * RATE) {
    let [sum, most, start] = [0, -1, 0];
    sound.forEach((value, i) => {
      sum += value * value - (i >= count ? sound[i - count] ** 2 : 0);
      if (sum > most) [most, start] = [sum, Math.max(0, i + 1 - count)];
    });
    return sound.slice(start, start + count);
  }

  /** Samples that were stored in 8 bits, fine near 0 and coarse far off. */
  const unpack = (text) => Float32Array.from(graph.bytesFromBase64(text), (byte) => {
    const level = byte / 127.5 - 1;
    return (Math.sign(level) * (256 ** Math.abs(level) - 1)) / 255;
  });

  cnnbook.spoken = { loudest, picture, unpack };
  if (typeof module !== "undefined") module.exports = cnnbook;
  if (typeof document === "undefined") return;

  // ---- The widget ------------------------------------------------------------------------------

  const { button, element, percent, write } = dom;
  const MILLISECONDS = 1500; // of a recording
  const SILENT = 0.003; // the largest amplitude of what holds no voice
  const WHY = {
    NotAllowedError: "The microphone was refused: allow it in the browser, or choose a sound.",
    NotFoundError: "There is no microphone here: choose a sound.",
    NotReadableError: "Another program uses the microphone: close it, or choose a sound.",
  };

  /** The samples of a sound file of whatever kind the browser reads, 8,000 a second. */
  async function decoded(buffer) {
    const audio = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(buffer);
    const channels = Array.from({ length: audio.numberOfChannels }, (_, i) => audio.getChannelData(i));
    const sound = channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
    const mean = sound.reduce((sum, value) => sum + value, 0) / (sound.length || 1);
    return sound.map((value) => value - mean); // some microphones give more than the sound
  }

  /** Record for a while; `begun()` is called when it is time to speak. */
  async function recorded(begun) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    try {
      const recorder = new MediaRecorder(stream);
      const parts = [];
      const ended = new Promise((resolve, reject) => {
        recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
        recorder.addEventListener("stop", resolve);
        recorder.addEventListener("error", () => reject(new Error("recording failed")));
      });
      recorder.addEventListener("start", () => {
        begun();
        setTimeout(() => recorder.stop(), MILLISECONDS);
      });
      recorder.start();
      await ended;
      return decoded(await new Blob(parts, { type: recorder.mimeType }).arrayBuffer());
    } finally {
      for (const track of stream.getTracks()) track.stop(); // the microphone is let go
    }
  }

  widgets.widget("spoken", (root) => {
    let [network, voices, sound, levels, next] = [null, null, null, null, 0];
    const speaker = dom.announcer();
    const note = element("p", { class: "cb-facts cb-scene-told" },
      "Press Record and say an English digit, from zero to nine. Nothing leaves this page. The network knows six voices; yours is new to it.");
    const canvas = element("canvas", { role: "img", "aria-label": "What the network is shown: levels of 32 bands over a second" });
    const plot = element("div", { class: "cb-tones-plot", hidden: true },
      element("span", { class: "cb-note cb-tones-axis" }, element("span", {}, "4 kHz"), element("span", {}, "0.1")), canvas,
      element("span", {}), element("span", { class: "cb-note cb-spoken-time" }, element("span", {}, "0"), element("span", {}, "1 second")));
    const bars = Array.from({ length: 10 }, (_, digit) => {
      const [bar, text] = [element("i", {}), element("span", { class: "cb-share" })];
      const row = element("div", { class: "cb-bar" }, element("b", {}, String(digit)), element("span", { class: "cb-track" }, bar), text);
      return { row, bar, text };
    });
    const tell = (text) => {
      write(note, text);
      speaker.say(text, 0);
    };

    async function hear(samples, said = "") {
      try {
        network ||= await graph.load("spoken");
      } catch {
        return tell("The network could not be loaded.");
      }
      const largest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (largest < SILENT) return tell("There is hardly a sound in it: come nearer, or choose another microphone.");
      [sound, levels] = [samples, picture(loudest(samples))];
      play.disabled = false;
      const outputs = graph.run(network, { shape: [WIDE, HIGH, 1], data: levels });
      const probabilities = graph.softmax(Object.values(outputs)[0]).data;
      const best = graph.largestOf(probabilities);
      bars.forEach(({ row, bar, text }, digit) => {
        bar.style.transform = `scaleX(${probabilities[digit]})`;
        write(text, percent(probabilities[digit]));
        row.classList.toggle("cb-best", digit === best);
      });
      paint();
      const second = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a])[1];
      tell(`${said}Heard: ${best}, ${percent(probabilities[best])}. Next: ${second}, ${percent(probabilities[second])}.`);
    }

    function paint() {
      if (!levels) return;
      plot.hidden = false;
      const turned = new Float32Array(levels.length); // time to the right, low bands below
      for (let t = 0; t < WIDE; t++) {
        for (let band = 0; band < HIGH; band++) turned[(HIGH - 1 - band) * WIDE + t] = levels[t * HIGH + band];
      }
      dom.paintMaps(canvas, turned, [HIGH, WIDE, 1], 1, "ink", 1);
    }

    const record = button("Record", async () => {
      if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") {
        return tell("This page may not use a microphone here: choose a sound.");
      }
      record.disabled = true;
      tell("Waiting for the microphone …");
      try {
        const samples = await recorded(() => tell("Speak now …"));
        await hear(samples);
      } catch (error) {
        tell(WHY[error.name] || "Nothing could be recorded: choose a sound.");
      }
      record.disabled = false;
      record.focus();
    }, { class: "cb-button cb-primary" });
    const play = button("Play", () => {
      if (!sounds.play(sound, RATE)) tell("This browser plays no sound.");
    }, { disabled: true });
    const file = element("input", {
      type: "file", accept: "audio/*", autocomplete: "off",
      onchange: async () => {
        const [chosen] = file.files;
        if (!chosen) return;
        file.value = ""; // the same one may be chosen again
        try {
          await hear(await decoded(await chosen.arrayBuffer()));
        } catch {
          tell(`${chosen.name} is no sound that this browser reads: a WAV is.`);
        }
      },
    });
    const example = button("A stored voice", async () => {
      try {
        voices ||= await graph.load("voice");
      } catch {
        return tell("The voice could not be loaded.");
      }
      const digit = next++ % voices.length;
      const samples = unpack(voices[digit]);
      sounds.play(samples, RATE);
      await hear(samples, `Said: ${digit}. `);
    });

    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: say a digit"),
      element("div", { class: "cb-row" }, record,
        element("label", { class: "cb-button cb-file" }, file, "Choose a sound"), example, play),
      element("div", { class: "cb-beside" },
        element("div", {}, note, plot),
        element("div", { class: "cb-answer" }, ...bars.map(({ row }) => row))),
      speaker,
    );
    dom.onTheme(paint);
  });
})();
