// The sheet on which a digit is drawn: with mouse, finger, pen or keys.
// Coordinates are those of a sheet of 280 x 280, whatever its size on the screen.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { element } = cnnbook.dom;

  const SHEET = 280;
  const APART = 2; // points nearer to the last one are left out
  const STEP = 10; // of the keyboard's cursor

  /**
   * A pad. `strokes` is the list to draw into (arrays x0, y0, x1, y1, ...); `paint(context)` draws
   * the sheet; `begin()` is called before each stroke, may clear what is there and says so; `changed()` after
   * every change, `clear()` when a key asks for an empty sheet, `say(text, delay)` with what a
   * listener needs.
   */
  function makePad({ strokes, paint, begin = () => false, changed, clear, say }) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const help = cnnbook.dom.newId("help");
    const node = element(
      "div",
      {
        class: "cb-pad",
        role: "application",
        tabindex: "0",
        "aria-label": "Drawing pad",
        "aria-describedby": help,
      },
      canvas,
      element(
        "span",
        { id: help, class: "cb-hidden" },
        "Arrow keys move the pen, with Shift in small steps. Space puts it down and lifts it. " +
          "Backspace takes the last stroke back, Delete clears the pad.",
      ),
    );
    const drawing = new Map(); // pointer id -> its stroke
    const cursor = { x: SHEET / 2, y: SHEET / 2, stroke: null, shown: false };

    function add(stroke, x, y) {
      x = Math.round(10 * Math.min(SHEET, Math.max(0, x))) / 10;
      y = Math.round(10 * Math.min(SHEET, Math.max(0, y))) / 10;
      const end = stroke.length;
      if (end && Math.hypot(x - stroke[end - 2], y - stroke[end - 1]) < APART) return;
      stroke.push(x, y);
    }

    function addEvent(stroke, event, box) {
      add(
        stroke,
        ((event.clientX - box.left) * SHEET) / box.width,
        ((event.clientY - box.top) * SHEET) / box.height,
      );
    }

    node.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      event.preventDefault(); // no selecting, no dragging
      node.focus({ preventScroll: true });
      cursor.shown = false;
      begin();
      const stroke = [];
      strokes.push(stroke);
      drawing.set(event.pointerId, stroke);
      try {
        node.setPointerCapture(event.pointerId); // the stroke goes on outside the pad
      } catch {
        // A pointer that is gone already, or made by a script.
      }
      addEvent(stroke, event, node.getBoundingClientRect());
      changed();
    });
    node.addEventListener("pointermove", (event) => {
      const stroke = drawing.get(event.pointerId);
      if (!stroke) return;
      if (event.pointerType === "mouse" && !event.buttons) {
        drawing.delete(event.pointerId); // let go where the page could not see it: in another tab
        return;
      }
      const box = node.getBoundingClientRect();
      const missed = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const each of missed.length ? missed : [event]) addEvent(stroke, each, box);
      changed();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      node.addEventListener(name, (event) => drawing.delete(event.pointerId));
    }

    node.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const place = () => `column ${Math.round(cursor.x)}, row ${Math.round(cursor.y)}`;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in moves) {
        const step = event.shiftKey ? 2 : STEP;
        const [right, down] = moves[event.key];
        cursor.x = Math.min(SHEET, Math.max(0, cursor.x + right * step));
        cursor.y = Math.min(SHEET, Math.max(0, cursor.y + down * step));
        if (cursor.stroke) add(cursor.stroke, cursor.x, cursor.y);
        say(`${place()}, pen ${cursor.stroke ? "down" : "up"}`, 300);
      } else if (event.key === " ") {
        if (event.repeat) {
          // A key that is held down is one press.
        } else if (cursor.stroke) {
          cursor.stroke = null;
          say(`Pen up at ${place()}.`, 0);
        } else {
          const cleared = begin();
          cursor.stroke = [cursor.x, cursor.y];
          strokes.push(cursor.stroke);
          say(`${cleared ? "The pad was cleared. " : ""}Pen down at ${place()}.`, 0);
        }
      } else if (event.key === "Backspace") {
        node.undo();
      } else if (event.key === "Delete") {
        clear();
      } else {
        return;
      }
      cursor.shown = true;
      event.preventDefault();
      event.stopPropagation(); // the theme turns pages with the arrow keys
      changed();
    });
    node.addEventListener("focus", () => {
      cursor.shown = node.matches(":focus-visible");
      node.draw();
    });
    node.addEventListener("blur", () => {
      cursor.shown = false;
      cursor.stroke = null;
      node.draw();
    });

    node.undo = () => {
      drawing.clear();
      cursor.stroke = null;
      strokes.pop();
      changed();
    };
    node.clear = () => {
      drawing.clear();
      cursor.stroke = null;
      strokes.length = 0;
      changed();
    };

    node.draw = () => {
      const side = Math.round(width * Math.min(2, devicePixelRatio || 1));
      if (canvas.width !== side) canvas.width = canvas.height = side;
      const context = canvas.getContext("2d");
      context.setTransform(side / SHEET, 0, 0, side / SHEET, 0, 0);
      context.clearRect(0, 0, SHEET, SHEET);
      paint(context);
      if (!cursor.shown) return;
      const style = getComputedStyle(node);
      context.strokeStyle = style.getPropertyValue("--cb-accent");
      context.fillStyle = context.strokeStyle;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(cursor.x, cursor.y, 9, 0, 2 * Math.PI);
      context.moveTo(cursor.x - 15, cursor.y);
      context.lineTo(cursor.x + 15, cursor.y);
      context.moveTo(cursor.x, cursor.y - 15);
      context.lineTo(cursor.x, cursor.y + 15);
      context.stroke();
      if (cursor.stroke) context.fill(); // the pen is down
    };
    let width = SHEET; // kept here: asking the browser while drawing makes it lay the page out
    new ResizeObserver(() => {
      width = node.clientWidth || SHEET;
      node.draw();
    }).observe(node);
    addEventListener("resize", () => node.draw()); // a zoom alone changes the dots a pixel has
    return node;
  }

  /** Draw strokes of a pen on a 2-d context. */
  function drawStrokes(context, strokes, width) {
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(stroke[0], stroke[1]);
      for (let i = 2; i < stroke.length; i += 2) context.lineTo(stroke[i], stroke[i + 1]);
      if (stroke.length === 2) context.lineTo(stroke[0] + 0.01, stroke[1]);
      context.stroke();
    }
  }

  cnnbook.pad = { SHEET, drawStrokes, makePad };
})();
