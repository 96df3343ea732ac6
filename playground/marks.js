// Where units are on the maps of a canvas: found under a finger, and outlined.
//
// A canvas that dom.paintMaps has painted keeps in `layout` what that returned.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { dom, explain } = cnnbook;
  const { receptiveField } = cnnbook.network;

  const MOST = 8; // of the many values that a dense unit reads, so many are outlined

  /** The unit under a click on a layer's maps. */
  function unitAt(event, canvas, layer, shape) {
    const { layout } = canvas;
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * layout.width) / box.width;
    const y = ((event.clientY - box.top) * layout.height) / box.height;
    const channel = Math.floor(y / layout.stepY) * layout.columns + Math.floor(x / layout.stepX);
    const channels = shape[shape.length - 1];
    if (x < 0 || y < 0 || channel < 0 || channel >= channels) return null;
    if (shape.length === 1) return { layer, row: 0, column: 0, channel };
    return {
      layer,
      row: Math.min(shape[0] - 1, Math.floor((y % layout.stepY) / layout.zoom)),
      column: Math.min(shape[1] - 1, Math.floor((x % layout.stepX) / layout.zoom)),
      channel,
    };
  }

  /** The box on the screen of one map of a canvas. */
  function tileOf(canvas, channel) {
    const { layout } = canvas;
    const box = canvas.getBoundingClientRect();
    const ratio = box.height / layout.height;
    const top = box.top + Math.floor(channel / layout.columns) * layout.stepY * ratio;
    return { top, bottom: top + layout.stepY * ratio };
  }

  /** Outline what lies between corners [x, y], in their order. */
  function outline(context, corners, bold) {
    const accent = getComputedStyle(context.canvas).getPropertyValue("--cb-accent");
    context.beginPath();
    for (const [x, y] of corners) context.lineTo(x, y);
    context.closePath();
    for (const [colour, thick] of [[dom.theme() === "dark" ? "#000" : "#fff", bold ? 5 : 3], [accent, bold ? 2.5 : 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.stroke();
    }
  }

  /** Outline fields {top, left, bottom, right, channel} on an overlay of a canvas of maps. */
  function mark(overlay, canvas, fields) {
    const { layout } = canvas;
    if (!layout) return; // not painted yet
    if (!fields.length && !overlay.marked) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    const context = overlay.getContext("2d");
    if (overlay.width !== width || overlay.height !== height) {
      overlay.width = width;
      overlay.height = height;
    } else context.clearRect(0, 0, width, height);
    overlay.marked = fields.length > 0;
    const [sx, sy] = [width / layout.width, height / layout.height];
    for (const { top, left, bottom, right, channel = 0, bold } of fields) {
      const x = (channel % layout.columns) * layout.stepX + left * layout.zoom;
      const y = Math.floor(channel / layout.columns) * layout.stepY + top * layout.zoom;
      const pad = 1.5;
      // What reaches the edge of the canvas is outlined within it.
      const [x0, y0] = [Math.max(pad, x * sx - pad), Math.max(pad, y * sy - pad)];
      const x1 = Math.min(width - pad, (x + (right - left + 1) * layout.zoom) * sx + pad);
      const y1 = Math.min(height - pad, (y + (bottom - top + 1) * layout.zoom) * sy + pad);
      outline(context, [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], bold);
    }
  }

  /** What to outline on a layer, -1 the picture: the chosen unit, or what it was computed from. */
  function fieldsOn(unit, now, index) {
    if (!unit || !now) return [];
    const { network, result } = now;
    const one = ({ row, column, channel }) => ({ top: row, left: column, bottom: row, right: column, channel });
    const shape = explain.shapeOf(network, index);
    if (index === unit.layer) {
      return [{ ...one(shape.length === 1 ? { row: 0, column: 0, channel: unit.channel } : unit), bold: true }];
    }
    if (index > unit.layer) return [];
    const field = receptiveField(network, unit.layer, unit.row, unit.column, index);
    if (index === -1) return [{ ...field, channel: 0, bold: true }];
    if (index !== explain.sourceOf(network, unit.layer)) return [];
    const { kind } = network.layers[unit.layer];
    if (kind === "dense") {
      const { terms } = explain.termsOf(network, result, unit.layer, unit);
      return [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, MOST).map(one);
    }
    const channels = shape[shape.length - 1];
    if (kind === "conv") return Array.from({ length: channels }, (_, channel) => ({ ...field, channel }));
    return [{ ...field, channel: unit.channel, bold: true }];
  }

  cnnbook.marks = { fieldsOn, mark, outline, tileOf, unitAt };
})();
