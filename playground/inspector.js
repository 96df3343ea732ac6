// Touching a unit, and the panel with its arithmetic.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, explain } = cnnbook;
  const { button, element, show } = dom;

  const HEADER = 56; // of the theme, at the top of the window

  // The panel stands in the column of the drawing where that has room for it, else in the text: below
  // what was touched, and never on it.
  const roomBeside = matchMedia("(min-width: 1100px) and (min-height: 760px)");

  /**
   * The panel. `layerAt(index)` finds a layer of the page (see layers.js), `received()` the picture
   * that the network receives (see receive.js), below which the panel stands where there is room;
   * `chosen()` is called when a unit is chosen, to outline it.
   */
  function makeInspector({ state, now, speaker, layerAt, received, chosen }) {
    const title = element("h2", { class: "cb-inspector-title", tabindex: "-1" });
    const body = element("div", { class: "cb-inspector-body" });
    const back = button("Where it comes from", stepBack, {
      title: "Go to the value in the layer before that counts most",
    });
    const arrow = (text, label, move, extra) =>
      button(text, () => nudge(move), { "aria-label": label, class: `cb-button cb-square ${extra}` });
    const node = element(
      "section",
      { class: "cb-inspector", "aria-label": "The arithmetic of one value", hidden: true },
      element(
        "div",
        { class: "cb-inspector-head" },
        title,
        button("×", close, { "aria-label": "Close", class: "cb-button cb-square cb-quiet" }),
      ),
      body,
      element(
        "div",
        { class: "cb-row cb-steps" },
        back,
        arrow("−", "Map or unit before", { map: -1 }, "cb-maps-only"),
        arrow("+", "Next map or unit", { map: 1 }, "cb-maps-only"),
        arrow("←", "Left", { right: -1 }, "cb-in-map"),
        arrow("↑", "Up", { down: -1 }, "cb-in-map"),
        arrow("↓", "Down", { down: 1 }, "cb-in-map"),
        arrow("→", "Right", { right: 1 }, "cb-in-map"),
      ),
      element("p", { class: "cb-note" }, "Maps, rows, columns and units are counted from 0."),
    );
    node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key.startsWith("Arrow")) event.stopPropagation();
    });
    roomBeside.addEventListener("change", () => put());

    // ---- The panel -----------------------------------------------------------------------------

    let picked = {}; // {key, channel}: whose products are shown, and of which unit

    function paint() {
      const { unit } = state;
      node.hidden = !unit;
      if (!unit) return;
      const { network, result } = now();
      const value = explain.valueAt(network, result, unit.layer, unit);
      const key = JSON.stringify([unit, state.network]);
      const parts = explain.explain(network, result, unit.layer, unit, {
        channel: picked.key === key ? picked.channel : undefined,
        pick: (channel) => {
          picked = { channel, key };
          paint();
        },
        go: (term) => goTo(explain.sourceOf(network, unit.layer), term),
      });
      // A button that is pressed twice must still be there: keep the focus where it was.
      const focused = body.contains(document.activeElement)
        ? [...body.querySelectorAll("button")].indexOf(document.activeElement)
        : -1;
      title.textContent = `${explain.nameOf(network, unit.layer, unit)} = ${show(value)}`;
      body.replaceChildren(...parts);
      if (focused >= 0) body.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
      const flat = explain.shapeOf(network, unit.layer).length === 1;
      for (const each of node.querySelectorAll(".cb-in-map")) each.hidden = flat;
      for (const each of node.querySelectorAll(".cb-maps-only")) each.hidden = unit.layer < 0;
      back.hidden = unit.layer < 0;
    }

    /** Put the panel where there is room: in the text after the node `after`, or below the layer's maps. */
    function put(after = null) {
      const layer = state.unit && layerAt(state.unit.layer);
      let before = received().node;
      if (layer && !roomBeside.matches) {
        const stays = layer.node.contains(node) ? node.previousElementSibling : null;
        before = after || stays || (layer.lens ? layer.lens.node : layer.body);
      }
      if (before.nextElementSibling !== node) before.after(node);
    }

    /** Scroll as far as it takes to see the panel, and not so far that what was touched is gone. */
    function reveal(touched) {
      if (roomBeside.matches || !state.unit) return;
      const top = HEADER + 8;
      const missing = node.getBoundingClientRect().bottom + 8 - innerHeight;
      const room = touched.top - top;
      const move = room < 0 ? room : Math.min(room, Math.max(0, missing));
      if (move) scrollBy({ top: move, behavior: dom.calm() ? "auto" : "smooth" });
    }

    /** Close the panel, and go back to where it was opened. */
    function close() {
      const { layer, channel } = state.unit;
      const entry = layerAt(layer);
      select(null);
      if (entry?.cells) entry.cells[channel].focus();
      else (entry ? entry.body : received().maps).focus();
    }

    // ---- Choosing ------------------------------------------------------------------------------

    /** Choose a unit. The panel stands after the node `after`, where there is no room beside. */
    function select(unit, { focus = false, after = null } = {}) {
      state.unit = unit;
      chosen();
      put(after);
      if (now()) {
        const { network, result } = now();
        paint();
        if (unit) {
          const value = explain.valueAt(network, result, unit.layer, unit);
          speaker.say(`${explain.nameOf(network, unit.layer, unit)}: ${show(value)}`, 400);
        }
      }
      if (focus) title.focus({ preventScroll: true });
    }

    function stepBack() {
      const { unit } = state;
      if (!unit || unit.layer < 0) return;
      const { source, terms } = explain.termsOf(now().network, now().result, unit.layer, unit);
      goTo(source, explain.strongest(terms));
    }

    function goTo(layer, { row, column, channel }) {
      select({ layer, row, column, channel }, { focus: true });
      reveal((node.previousElementSibling || node).getBoundingClientRect());
    }

    /** Move the chosen unit within its layer. */
    function nudge({ right = 0, down = 0, map = 0 }) {
      const { unit } = state;
      const shape = explain.shapeOf(now().network, unit.layer);
      const wrap = (value, size) => (value + size) % size;
      if (shape.length === 1) {
        const step = right + map + down * (layerAt(unit.layer).columns || 1);
        select({ ...unit, channel: wrap(unit.channel + step, shape[0]) });
        return;
      }
      const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
      select({
        ...unit,
        row: clamp(unit.row + down, shape[0]),
        column: clamp(unit.column + right, shape[1]),
        channel: wrap(unit.channel + map, shape[2]),
      });
    }

    /** A key pressed on the maps of a layer. */
    function keys(event, layer) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const moves = {
        ArrowLeft: { right: -1 }, ArrowRight: { right: 1 }, ArrowUp: { down: -1 }, ArrowDown: { down: 1 },
        PageUp: { map: -1 }, PageDown: { map: 1 },
      };
      if (event.key === "Escape") select(null);
      else if (event.key === "Enter" || event.key in moves) {
        if (!state.unit || state.unit.layer !== layer) {
          const shape = explain.shapeOf(now().network, layer);
          const middle = (size) => Math.floor(size / 2);
          select(
            shape.length === 1
              ? { layer, row: 0, column: 0, channel: 0 }
              : { layer, row: middle(shape[0]), column: middle(shape[1]), channel: 0 },
            { after: event.currentTarget },
          );
          reveal(event.currentTarget.getBoundingClientRect());
        } else if (event.key === "Enter") stepBack();
        else nudge(moves[event.key]);
      } else return;
      event.preventDefault();
      event.stopPropagation(); // the theme turns pages with the arrow keys
    }

    return { node, paint, put, reveal, select, nudge, keys };
  }

  cnnbook.inspector = { HEADER, makeInspector };
})();
