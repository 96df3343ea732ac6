// Draw a scene of digits, or move those of a given one, and see what the stored detector ("detect")
// or the stored segmentation ("segment") says of it. They are loaded when they are first asked.
"use strict";
(() => {
  const cnnbook = globalThis.cnnbook;
  const { dom, drawing, graph, pad: pads, scenes, widgets } = cnnbook;
  const { button, choice, element, percent, slider, write } = dom;
  const { SHEET } = pads;

  const { SIDE } = scenes;
  const ZOOM = SHEET / SIDE; // of the sheet, for each pixel of the scene
  // A stroke, in pixels of the scene: its width, and over how many its edge fades. Chosen on the
  // strokes of 160 validation digits: the detector finds 152 of them, with 3 and 1 it finds 139.
  const PEN = 5;
  const SOFTNESS = 2.4;
  const STEP = 2; // pixels that a key moves a digit
  const LEAST = 0.3; // the score below which the page on scores leaves boxes out, too
  const REST = 200; // milliseconds without a change before the network is asked
  // Seen on a dark ground; a digit's name stands beside its patch.
  const COLOURS = [
    [255, 255, 255], [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66],
    [60, 140, 255], [255, 110, 60], [204, 121, 167], [160, 160, 160], [200, 60, 120],
  ];

  const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

  /** Where to write beside a box, so that it hides least: a corner that is free. */
  function freeCorner([left, top, right, bottom], width, height, taken) {
    const spots = [
      [left, top - height], [right - width, top - height], [left, bottom], [right - width, bottom],
      [right, top], [left - width, top], [right, bottom - height], [left - width, bottom - height],
    ];
    const cost = ([x, y]) => {
      if (x < 0 || y < 0 || x + width > SHEET || y + height > SHEET) return Infinity;
      let sum = 0;
      for (const box of taken) {
        const wide = Math.min(x + width, box[2]) - Math.max(x, box[0]);
        const high = Math.min(y + height, box[3]) - Math.max(y, box[1]);
        if (wide > 0 && high > 0) sum += wide * high * (box.name ? 10 : 1);
      }
      return sum;
    };
    const [x, y] = spots.reduce((best, spot) => (cost(spot) < cost(best) ? spot : best), spots[0]);
    const inside = [Math.min(Math.max(x, 0), SHEET - width), Math.min(Math.max(y, 0), SHEET - height)];
    taken.push(Object.assign([inside[0], inside[1], inside[0] + width, inside[1] + height], { name: true }));
    return inside;
  }

  function writeName(context, text, box, colour, taken) {
    context.font = "bold 15px sans-serif";
    const [width, height] = [context.measureText(text).width + 8, 18];
    const [x, y] = freeCorner(box, width, height, taken);
    context.fillStyle = "rgba(0, 0, 0, 0.78)";
    context.fillRect(x, y, width, height);
    context.fillStyle = colour;
    context.textBaseline = "middle";
    context.fillText(text, x + 4, y + height / 2 + 1);
  }

  const TASKS = {
    detect: {
      stored: "detection",
      title: "Try it: a scene of your own, and the boxes that the detector finds",
      input: (pixels) => ({ shape: [SIDE, SIDE, 1], data: pixels.map((value) => value / 255) }),
      read: (outputs) => scenes.suppress(scenes.decode(outputs)),
      paint(context, found, { least }) {
        const sure = found.filter(({ score }) => score >= least);
        const large = sure.map(({ box }) => box.map((value) => value * ZOOM));
        const taken = large.map((box) => Object.assign([...box], { name: false }));
        context.lineWidth = 2;
        context.strokeStyle = "#f0e442";
        for (const [left, top, right, bottom] of large) context.strokeRect(left, top, right - left, bottom - top);
        sure.forEach(({ label, score }, i) => {
          writeName(context, `${label} ${Math.round(100 * score)} %`, large[i], "#f0e442", taken);
        });
      },
      tell(found, { least, digits, drawn }) {
        const sure = found.filter(({ score }) => score >= least);
        const named = sure.length ? `${many(sure.length, "box", "boxes")}: ${sure.map(({ label }) => label).join(", ")}.` : "No box.";
        if (drawn || !digits.length) return named;
        const right = scenes.match(sure, digits);
        const hits = right.filter(Boolean).length;
        const wrong = sure.length - hits;
        return `${named} ${hits} of ${many(digits.length, "digit is", "digits are")} found, ` +
          `and ${wrong || "no"} ${wrong > 1 ? "boxes are" : "box is"} wrong.`;
      },
    },
    segment: {
      stored: "segmentation",
      title: "Try it: a scene of your own, and the class of each of its pixels",
      input: (pixels) => ({ shape: [SIDE, SIDE, 1], data: pixels }),
      read: (outputs) => {
        const mask = scenes.classesOf(Object.values(outputs)[0]);
        return { mask, found: scenes.patches(mask) };
      },
      paint(context, { mask, found }) {
        const layer = element("canvas", { width: SIDE, height: SIDE });
        const picture = new ImageData(SIDE, SIDE);
        mask.forEach((label, i) => {
          if (label !== scenes.GROUND) picture.data.set([...COLOURS[label], 255], 4 * i);
        });
        layer.getContext("2d").putImageData(picture, 0, 0);
        context.imageSmoothingEnabled = false;
        context.drawImage(layer, 0, 0, SHEET, SHEET);
        const large = found.map(({ box }) => box.map((value) => value * ZOOM));
        const taken = large.map((box) => Object.assign([...box], { name: false }));
        found.forEach(({ label }, i) => writeName(context, String(label), large[i], `rgb(${COLOURS[label]})`, taken));
      },
      tell({ mask, found }, { digits, drawn }) {
        const named = found.length ? `${many(found.length, "patch", "patches")}: ${found.map(({ label }) => label).join(", ")}.` : "No patch.";
        if (drawn || !digits.length) return named;
        const truth = scenes.trueMask(digits);
        let [ink, right] = [0, 0];
        truth.forEach((label, i) => {
          if (label === scenes.GROUND) return;
          ink++;
          right += label === mask[i];
        });
        return `${named} ${percent(right / ink)} of the digits' pixels have the right class.`;
      },
    },
  };

  function make(root, task) {
    const state = { strokes: [], digits: [], clutter: [], moving: false, chosen: 0, least: LEAST, shown: true };
    const [noise, pixels] = [scenes.drawNoise(Math.random), element("canvas", { width: SIDE, height: SIDE })];
    let ground = scenes.drawGround(Math.random);
    let [examples, net, answer, timer, asked] = [null, null, null, 0, 0];
    const down = new Set(); // pointers that are drawing or dragging

    const speaker = dom.announcer();
    const penSpeaker = dom.announcer();
    const note = element("p", { class: "cb-facts cb-scene-told" }, "Draw digits, each about a third of the scene high, or take another scene.");
    const scene = () => {
      const strokes = state.strokes.map((stroke) => stroke.map((value) => value / ZOOM));
      const drawn = strokes.length ? drawing.ink(strokes, PEN, SIDE, SOFTNESS) : null;
      return scenes.paintScene({ ground, noise, clutter: state.clutter, digits: state.digits, drawn });
    };

    function paint(context) {
      const picture = new ImageData(SIDE, SIDE);
      scene().forEach((value, i) => picture.data.set([value, value, value, 255], 4 * i));
      pixels.getContext("2d").putImageData(picture, 0, 0);
      context.imageSmoothingEnabled = true;
      context.drawImage(pixels, 0, 0, SHEET, SHEET);
      if (answer && state.shown) task.paint(context, answer, told());
      const digit = state.moving && state.digits[state.chosen];
      if (!digit) return;
      context.setLineDash([6, 4]);
      context.lineWidth = 2;
      context.strokeStyle = "#ffffff";
      context.strokeRect(digit.left * ZOOM - 4, digit.top * ZOOM - 4, digit.width * ZOOM + 8, digit.height * ZOOM + 8);
      context.setLineDash([]);
    }
    const told = () => ({ least: state.least, digits: state.digits, drawn: state.strokes.length > 0 });

    function changed() {
      pad.draw();
      askSoon();
    }
    function askSoon() {
      clearTimeout(timer);
      asked++; // an answer that is being computed is of no use any more
      timer = setTimeout(ask, REST);
    }
    async function ask() {
      if (down.size) return; // once the pen is lifted
      const now = ++asked;
      try {
        if (!net) write(note, "Loading the network …");
        net ||= await graph.load(task.stored);
      } catch {
        return write(note, "The network could not be loaded.");
      }
      const outputs = await graph.runInSteps(net, task.input(Float32Array.from(scene())), { stop: () => now !== asked });
      if (!outputs) return;
      answer = task.read(outputs);
      tell();
      pad.draw();
    }
    function tell() {
      if (!answer) return;
      write(note, task.tell(answer, told()));
      speaker.say(note.textContent);
    }

    function clear() {
      [state.digits, state.clutter, answer] = [[], [], null];
      pad.clear();
    }
    const pad = pads.makePad({
      strokes: state.strokes,
      paint,
      changed,
      clear,
      say: (text, delay) => penSpeaker.say(text, delay),
    });

    // Moving: what happens on the pad is caught before the pen learns of it.
    const holder = element("div", { class: "cb-scene-holder" }, pad);
    const held = new Map(); // pointer -> the digit it holds, and where
    const at = (event) => {
      const box = pad.getBoundingClientRect();
      return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
    };
    function move(right, below) {
      const digit = state.digits[state.chosen];
      if (!digit) return;
      digit.left = Math.min(SIDE - digit.width, Math.max(0, digit.left + right));
      digit.top = Math.min(SIDE - digit.height, Math.max(0, digit.top + below));
      changed();
    }
    const caught = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    holder.addEventListener("pointerdown", (event) => {
      down.add(event.pointerId);
      if (!state.moving || event.button > 0) return;
      caught(event);
      pad.focus({ preventScroll: true });
      const [x, y] = at(event);
      const under = state.digits.findLastIndex(({ left, top, width, height }) =>
        x >= left - 2 && x <= left + width + 2 && y >= top - 2 && y <= top + height + 2);
      if (under < 0) return;
      state.chosen = under;
      const { left, top } = state.digits[under];
      held.set(event.pointerId, [state.digits[under], x - left, y - top]);
      pad.setPointerCapture(event.pointerId);
      pad.draw();
    }, true);
    holder.addEventListener("pointermove", (event) => {
      if (!held.has(event.pointerId)) return;
      caught(event);
      const [x, y] = at(event);
      const [digit, dx, dy] = held.get(event.pointerId);
      if (!state.digits.includes(digit)) return; // a key took it away
      state.chosen = state.digits.indexOf(digit); // another finger may hold another one
      move(Math.round(x - dx) - digit.left, Math.round(y - dy) - digit.top);
    }, true);
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      holder.addEventListener(name, (event) => {
        held.delete(event.pointerId);
        if (down.delete(event.pointerId)) askSoon();
      });
    }
    holder.addEventListener("keydown", (event) => {
      if (!state.moving || event.ctrlKey || event.metaKey || event.altKey) return;
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.key in ways) {
        const [right, below] = ways[event.key];
        move(right * STEP, below * STEP);
      } else if (event.key === " " && state.digits.length) {
        state.chosen = (state.chosen + 1) % state.digits.length;
        pad.draw();
      } else if (event.key === "Delete" && state.digits.length) {
        state.digits.splice(state.chosen, 1);
        state.chosen = 0;
        changed();
      } else if (event.key !== "Backspace") {
        return;
      }
      const digit = state.digits[state.chosen];
      if (digit) penSpeaker.say(`The ${digit.label}, column ${digit.left}, row ${digit.top}.`, 300);
      caught(event);
    }, true);

    async function another() {
      try {
        examples ||= scenes.unpackDigits(await graph.load("digits"));
      } catch {
        return write(note, "The digits could not be loaded.");
      }
      ground = scenes.drawGround(Math.random);
      state.clutter = scenes.drawClutter(examples, Math.random);
      state.digits = scenes.placeDigits(examples, Math.random);
      [state.chosen, answer] = [0, null];
      pad.clear();
    }

    const keys = pad.getAttribute("aria-describedby"); // how they draw
    const mode = choice("Pen", [["draw", "draws"], ["move", "moves digits"]], "draw", (value) => {
      state.moving = value === "move";
      write(help, state.moving ? "Drag a digit. With keys: arrows move it, Space takes the next one, Delete removes it." : "");
      pad.setAttribute("aria-label", state.moving
        ? "Scene: arrow keys move a digit, Space takes the next one, Delete removes it"
        : "Drawing pad");
      if (state.moving) pad.removeAttribute("aria-describedby");
      else pad.setAttribute("aria-describedby", keys);
      pad.draw();
      if (state.moving && !state.digits.length) another();
    });
    const help = element("p", { class: "cb-note" });
    const show = dom.checkbox("Show the answer", true, (value) => {
      state.shown = value;
      pad.draw();
    });
    const least = task === TASKS.detect
      ? slider("Least score", { min: 0.05, max: 0.95, step: 0.05, value: LEAST, show: (v) => Number(v).toFixed(2) }, (value) => {
        state.least = value;
        tell();
        pad.draw();
      })
      : null;

    root.classList.add("cb-scene");
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, task.title),
      element(
        "div",
        { class: "cb-beside" },
        holder,
        element(
          "div",
          {},
          element("div", { class: "cb-row" }, button("Another scene", another), button("Clear", clear)),
          mode, help, show, least, note,
        ),
      ),
      speaker, penSpeaker,
    );
    pad.draw();
  }

  for (const [name, task] of Object.entries(TASKS)) widgets.widget(name, (root) => make(root, task));
})();
