// What lies on the sheet: the strokes or the test digit, and where a touched value comes from.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, marks, pad: pads } = cnnbook;
  const { movedStrokes } = cnnbook.receive;
  const { networkNamed } = cnnbook.state;

  const { SHEET } = pads;

  /** The pad, and what speaks of the pen; `begin`, `changed` and `clear` are those of pad.js. */
  function makeSheet({ state, now, begin, changed, clear }) {
    const stamp = dom.element("canvas", {});

    function paintImage(context) {
      const { x, y, scale, angle } = state.move;
      context.save();
      context.translate(SHEET / 2 + x, SHEET / 2 + y);
      context.rotate((angle * Math.PI) / 180);
      context.scale(scale, scale);
      dom.paintMaps(stamp, state.image.pixels, networkNamed(state.network).inputShape, 1, "ink", 1);
      context.drawImage(stamp, -SHEET / 2, -SHEET / 2, SHEET, SHEET);
      context.restore();
    }

    /** The receptive field of the chosen unit. */
    function paintField(context) {
      if (!now() || !state.unit || now().received.empty) return;
      const { back } = now().received;
      const [field] = marks.fieldsOn(state.unit, now(), -1);
      if (!field) return;
      const { left, top, right, bottom } = field;
      // On a drawing that is set upright, the field leans as the drawing does.
      const corners = [[left, top], [right + 1, top], [right + 1, bottom + 1], [left, bottom + 1]];
      const edge = (value) => Math.min(SHEET - 2, Math.max(2, value));
      context.setLineDash([6, 4]);
      marks.outline(context, corners.map(([column, row]) => back(column, row).map(edge)), true);
      context.setLineDash([]);
    }

    function paint(context) {
      if (state.image) paintImage(context);
      context.save();
      context.strokeStyle = dom.theme() === "dark" ? "#f0f0f0" : "#141414";
      pads.drawStrokes(context, movedStrokes(state), state.pen * state.move.scale);
      context.restore();
      paintField(context);
    }

    const speaker = dom.announcer(); // its own: the answer, which comes later, would silence it
    const say = (text, delay) => speaker.say(text, delay);
    const pad = pads.makePad({ strokes: state.strokes, paint, begin, changed, clear, say });
    return { pad, speaker };
  }

  cnnbook.sheet = { makeSheet };
})();
