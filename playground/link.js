// A link that carries what the reader has done.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { button, element } = cnnbook.dom;
  const { MOVES, PEN, networkNamed, offered } = cnnbook.state;

  const { SHEET } = cnnbook.pad;
  const HASH = "#play=";
  const LONGEST_LINK = 20000; // numbers in its strokes

  function toLink(state) {
    const short = {
      n: state.network,
      c: state.centred ? 1 : 0,
      p: state.pen,
      m: Object.values(state.move),
      s: state.strokes.map((stroke) => stroke.map(Math.round)),
      i: state.image?.label !== undefined ? [state.image.group, state.image.number] : 0,
      u: state.unit ? [state.unit.layer, state.unit.row, state.unit.column, state.unit.channel] : 0,
    };
    const text = btoa(JSON.stringify(short)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    return location.href.split("#")[0] + HASH + text;
  }

  // ---- Reading: whatever does not make sense is left out ---------------------------------------

  const isList = Array.isArray;
  const within = (value, { min, max, usual }) =>
    Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : usual;

  function readImage(short) {
    const examples = cnnbook.controls.examples();
    const [group, digit] = isList(short.i) ? short.i : [];
    const known = typeof group === "string" && Object.hasOwn(examples, group) && Number.isInteger(digit);
    return known && examples[group][digit] ? [group, digit] : null;
  }

  function readStrokes(short) {
    const strokes = [];
    let room = LONGEST_LINK; // a drawing that no hand has made would keep the page busy for minutes
    for (const stroke of isList(short.s) ? short.s : []) {
      if (!isList(stroke) || stroke.length < 2 || stroke.length % 2 || stroke.length > room) continue;
      room -= stroke.length;
      strokes.push(stroke.map((value) => within(value, { min: 0, max: SHEET, usual: 0 })));
    }
    return strokes;
  }

  function readUnit(short, network) {
    if (!isList(short.u)) return null;
    const [layer, row, column, channel] = short.u;
    if (!Number.isInteger(layer) || layer < -1 || layer >= network.layers.length) return null;
    if (layer >= 0 && !cnnbook.layers.isShown(network.layers[layer])) return null;
    const shape = cnnbook.explain.shapeOf(network, layer);
    const limit = shape.length === 1 ? [1, 1, shape[0]] : shape;
    const fits = [row, column, channel].every((value, k) => Number.isInteger(value) && value >= 0 && value < limit[k]);
    return fits ? { layer, row, column, channel } : null;
  }

  /** What a link says: {network, centred, pen, image, strokes, move, unit}; null if it says nothing. */
  function fromLink(hash) {
    if (!hash.startsWith(HASH)) return null;
    let short;
    try {
      short = JSON.parse(atob(hash.slice(HASH.length).replace(/-/g, "+").replace(/_/g, "/")));
    } catch {
      return null;
    }
    if (short === null || typeof short !== "object") return null;
    const network = typeof short.n === "string" && Object.hasOwn(offered(), short.n) ? short.n : "article";
    const image = readImage(short);
    const moves = isList(short.m) ? short.m : [];
    return {
      network,
      centred: short.c !== 0,
      pen: within(short.p, PEN),
      image,
      strokes: image ? [] : readStrokes(short),
      move: Object.fromEntries(Object.entries(MOVES).map(([key, limits], k) => [key, within(moves[k], limits)])),
      unit: readUnit(short, networkNamed(network)),
    };
  }

  // ---- On the page -----------------------------------------------------------------------------

  /** The button with its field: {node, read}; `read()` takes what is new in the page's address. */
  function makeLink({ state }) {
    let lastHash = ""; // the last one that was made or read
    const field = element("input", { class: "cb-link", readonly: true, "aria-label": "The link", hidden: true, onfocus: () => field.select() });
    const told = element("span", { class: "cb-note", role: "status" });
    const isPhoto = () => state.image?.group === "photo"; // which stays on the reader's device
    const what = () => (isPhoto() ? "the network and the chosen value, not the photo" : "the drawing, the network and the chosen value");
    const make = button("Link to this", async () => {
      const link = toLink(state);
      try {
        lastHash = new URL(link).hash; // coming back to it later must not undo what was drawn since
        history.replaceState(null, "", link);
      } catch {
        // Some browsers forbid it to pages opened as a file.
      }
      field.value = link;
      field.hidden = false;
      field.select();
      try {
        await navigator.clipboard.writeText(link);
        told.textContent = `Copied: it holds ${what()}.`;
      } catch {
        told.textContent = `Copy it from here: it holds ${what()}.`;
      }
    });
    function read() {
      const { hash } = location;
      if (!hash.startsWith(HASH) || hash === lastHash) return null;
      lastHash = hash;
      return fromLink(hash);
    }
    return { node: element("div", { class: "cb-row" }, make, field, told), read };
  }

  cnnbook.link = { makeLink, toLink };
})();
