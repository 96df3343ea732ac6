// From a drawing to the 28 x 28 pixels that a network trained on MNIST expects.
//
// MNIST's digits were scaled to fit a box of 20 x 20 pixels and placed in 28 x 28 by their centre
// of mass (LeCun et al. 1998, section III.A); their strokes are about three pixels wide. A drawing
// on a large sheet has to be treated alike, or a network that reads 99 % of MNIST fails on it.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});

  const FIELD = 28;
  const BOX = 20;
  const CENTER = 14; // index of the pixel on which the centre of mass lies
  // How a stroke is redrawn, in pixels of the field: its width, over how many pixels its edge fades,
  // and how far the faint part of the edge reaches into the box. Chosen on strokes of validation
  // digits; what this and setting upright are worth, benchmarks/playground/preparation.py measures.
  const STROKE = 2.4;
  const SOFTNESS = 1.6;
  const FADE = 0.6;
  const USUAL_STROKES = [2.0, 4.4]; // widths that a picture may keep
  const FAINT = 0.15; // share of the darkest ink below which a pixel is paper
  const SMALLEST = 0.04; // a drawing whose longer side is a smaller share of its sheet is a dot
  const MOST_LEAN = 0.6; // columns a row: a line that lies nearly flat is not set upright

  // ---- Ink -------------------------------------------------------------------------------------

  /**
   * Draw lines into a field of side x side pixels, dark where a line is near.
   * strokes: arrays [x0, y0, x1, y1, ...] in pixels of the field, pixel i from i to i + 1.
   */
  function ink(strokes, width, side = FIELD, softness = SOFTNESS) {
    const field = new Float32Array(side * side);
    const reach = width / 2 + softness;
    for (const stroke of strokes) {
      for (let i = 0; i < stroke.length; i += 2) {
        const [x0, y0] = [stroke[i], stroke[i + 1]];
        const more = i + 3 < stroke.length;
        if (!more && stroke.length > 2) break;
        const [x1, y1] = more ? [stroke[i + 2], stroke[i + 3]] : [x0, y0];
        const [dx, dy] = [x1 - x0, y1 - y0];
        const length = dx * dx + dy * dy;
        const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
        const bottom = Math.min(side - 1, Math.floor(Math.max(y0, y1) + reach));
        const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
        const right = Math.min(side - 1, Math.floor(Math.max(x0, x1) + reach));
        for (let row = top; row <= bottom; row++) {
          for (let column = left; column <= right; column++) {
            const [px, py] = [column + 0.5 - x0, row + 0.5 - y0];
            const along = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
            const distance = Math.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2); // hypot is slow
            const dark = 0.5 + (width / 2 - distance) / softness;
            const place = row * side + column;
            if (dark > field[place]) field[place] = Math.min(1, dark);
          }
        }
      }
    }
    return field;
  }

  /** The smallest box around strokes: {left, top, right, bottom}. */
  function boundsOf(strokes) {
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (const stroke of strokes) {
      for (let i = 0; i < stroke.length; i += 2) {
        bounds.left = Math.min(bounds.left, stroke[i]);
        bounds.right = Math.max(bounds.right, stroke[i]);
        bounds.top = Math.min(bounds.top, stroke[i + 1]);
        bounds.bottom = Math.max(bounds.bottom, stroke[i + 1]);
      }
    }
    return bounds;
  }

  /** How far to move ink for its centre of mass to lie on CENTER, as far as the field allows. */
  function shiftToCenter(field, axis) {
    let [mass, moment, first, lastLine] = [0, 0, FIELD, -1];
    field.forEach((value, place) => {
      if (value <= 0) return;
      const line = axis === "row" ? Math.floor(place / FIELD) : place % FIELD;
      mass += value;
      moment += value * line;
      if (value > FAINT) {
        first = Math.min(first, line);
        lastLine = Math.max(lastLine, line);
      }
    });
    if (lastLine < 0) return 0;
    const wanted = Math.round(CENTER - moment / mass);
    return Math.min(FIELD - 1 - lastLine, Math.max(-first, wanted)); // a tail stays inside
  }

  function shifted(field, down, right) {
    const moved = new Float32Array(FIELD * FIELD);
    for (let row = 0; row < FIELD; row++) {
      for (let column = 0; column < FIELD; column++) {
        const [r, c] = [row - down, column - right];
        if (r >= 0 && r < FIELD && c >= 0 && c < FIELD) {
          moved[row * FIELD + column] = field[r * FIELD + c];
        }
      }
    }
    return moved;
  }

  /** Place ink that lies in the middle of the field by its centre of mass. */
  function centered(field) {
    const down = shiftToCenter(field, "row");
    const right = shiftToCenter(field, "column");
    return { pixels: shifted(field, down, right), down, right };
  }

  // ---- Strokes ---------------------------------------------------------------------------------

  const EMPTY = { pixels: new Float32Array(FIELD * FIELD), empty: true };

  /**
   * How far strokes lean: the columns that they move to the right with each row down, from the second
   * moments of their lines, mu11 / mu02 (LeCun et al. 1998 set MNIST upright by those of its pixels).
   */
  function leanOf(strokes) {
    const lines = [];
    for (const stroke of strokes) {
      for (let i = 0; i + 3 < stroke.length; i += 2) {
        const [dx, dy] = [stroke[i + 2] - stroke[i], stroke[i + 3] - stroke[i + 1]];
        lines.push({ x: stroke[i] + dx / 2, y: stroke[i + 1] + dy / 2, dx, dy, length: Math.hypot(dx, dy) });
      }
    }
    const sum = (value) => lines.reduce((all, line) => all + line.length * value(line), 0);
    const whole = sum(() => 1);
    const [x, y] = [sum((line) => line.x) / whole, sum((line) => line.y) / whole];
    const mu11 = sum((line) => (line.x - x) * (line.y - y) + (line.dx * line.dy) / 12);
    const mu02 = sum((line) => (line.y - y) ** 2 + line.dy ** 2 / 12);
    return mu02 > 0 ? Math.min(MOST_LEAN, Math.max(-MOST_LEAN, mu11 / mu02)) : 0;
  }

  /** Strokes sheared so far along their rows. */
  const sheared = (strokes, lean) =>
    strokes.map((stroke) => stroke.map((value, i) => (i % 2 ? value : value - lean * stroke[i + 1])));

  /**
   * Redraw strokes as MNIST has them: 20 pixels along the longer side, `stroke` wide, centred; and
   * `upright`, which MNIST's are not, so that how a hand leans does not count.
   * Returns {pixels, back} where back(column, row) says where a point of the field lay in the drawing;
   * `sheet` is the side of the sheet in the strokes' own unit.
   */
  function fromStrokes(drawn, sheet, { stroke: pen = STROKE, softness = SOFTNESS, upright = true } = {}) {
    const lean = upright ? leanOf(drawn) : 0;
    const strokes = sheared(drawn, lean);
    const bounds = boundsOf(strokes);
    const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
    const longest = Math.max(width, height);
    if (!(longest >= SMALLEST * sheet)) return EMPTY;
    const scale = (BOX - pen - FADE) / longest;
    const left = Math.round((FIELD - width * scale) / 2 - pen / 2) + pen / 2;
    const top = Math.round((FIELD - height * scale) / 2 - pen / 2) + pen / 2;
    const redrawn = strokes.map((stroke) =>
      stroke.map((value, i) =>
        i % 2 ? (value - bounds.top) * scale + top : (value - bounds.left) * scale + left,
      ),
    );
    const { pixels, down, right } = centered(ink(redrawn, pen, FIELD, softness));
    const back = (column, row) => {
      const y = (row - down - top) / scale + bounds.top;
      return [(column - right - left) / scale + bounds.left + lean * y, y];
    };
    return { pixels, back };
  }

  // ---- Pictures --------------------------------------------------------------------------------

  /** Average the part of a picture inside a box onto new pixels: box, then the new size. */
  function resample(picture, width, height, box, newWidth, newHeight) {
    const result = new Float32Array(newWidth * newHeight);
    const lines = (from, to, count, limit) =>
      Array.from({ length: count }, (_, i) => {
        const start = from + ((to - from) * i) / count;
        const end = from + ((to - from) * (i + 1)) / count;
        // Where pixels grow, look at the two nearest (bilinear); where they shrink, average.
        if (end - start < 1) {
          const middle = (start + end) / 2 - 0.5;
          const low = Math.floor(middle);
          return [
            [low, 1 - (middle - low)],
            [low + 1, middle - low],
          ].filter(([line]) => line >= 0 && line < limit);
        }
        const shares = [];
        for (let line = Math.max(0, Math.floor(start)); line < Math.min(limit, end); line++) {
          const share = Math.min(end, line + 1) - Math.max(start, line);
          shares.push([line, share / (end - start)]);
        }
        return shares;
      });
    const columns = lines(box.left, box.right, newWidth, width);
    lines(box.top, box.bottom, newHeight, height).forEach((rows, row) => {
      columns.forEach((parts, column) => {
        let sum = 0;
        for (const [r, share] of rows) {
          for (const [c, part] of parts) sum += picture[r * width + c] * share * part;
        }
        result[row * newWidth + column] = sum;
      });
    });
    return result;
  }

  /** Thin ink to lines one pixel wide (Zhang and Suen, 1984). `solid` holds 0 or 1. */
  function thin(solid, width, height) {
    const grid = Uint8Array.from(solid);
    const around = [-width, -width + 1, 1, width + 1, width, width - 1, -1, -width - 1];
    for (let changed = true; changed; ) {
      changed = false;
      for (const pass of [0, 1]) {
        const gone = [];
        for (let row = 1; row < height - 1; row++) {
          for (let column = 1; column < width - 1; column++) {
            const place = row * width + column;
            if (!grid[place]) continue;
            const p = around.map((step) => grid[place + step]); // from above, clockwise
            const count = p.reduce((sum, value) => sum + value, 0);
            if (count < 2 || count > 6) continue;
            let turns = 0;
            for (let i = 0; i < 8; i++) turns += !p[i] && p[(i + 1) % 8] ? 1 : 0;
            if (turns !== 1) continue;
            const [up, right, down, left] = [p[0], p[2], p[4], p[6]];
            const kept = pass
              ? (up && right && left) || (up && down && left)
              : (up && right && down) || (right && down && left);
            if (!kept) gone.push(place);
          }
        }
        for (const place of gone) grid[place] = 0;
        changed = changed || gone.length > 0;
      }
    }
    return grid;
  }

  const ZOOM = 3; // a picture's lines are found in a box of 60 pixels

  /**
   * The middle lines of the strokes in a box of ink, as short strokes in pixels of the box, and
   * how wide the strokes are.
   */
  function middleLines(box, width, height) {
    const [w, h] = [width + 2, height + 2]; // a margin of paper
    const solid = new Uint8Array(w * h);
    let area = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const dark = box[row * width + column] > 0.5;
        solid[(row + 1) * w + column + 1] = dark ? 1 : 0;
        area += dark ? 1 : 0;
      }
    }
    const grid = thin(solid, w, h);
    const lines = [];
    let length = 0;
    for (let place = 0; place < grid.length; place++) {
      if (!grid[place]) continue;
      const [x, y] = [(place % w) - 0.5, Math.floor(place / w) - 0.5];
      let alone = true;
      // Join a pixel to those right of it and below; diagonals only where no side joins them.
      for (const [right, down] of [[1, 0], [0, 1], [1, 1], [-1, 1]]) {
        if (!grid[place + down * w + right]) continue;
        alone = false;
        const corner = right && down && (grid[place + right] || grid[place + down * w]);
        if (corner) continue;
        lines.push([x, y, x + right, y + down]);
        length += Math.hypot(right, down);
      }
      if (alone) lines.push([x, y]);
    }
    return { lines, strokeWidth: area / Math.max(length, 1) };
  }

  /** Like `normalize`, and says where a point of the field lay in the picture (`back`). */
  function fromPicture(picture, width, height) {
    let darkest = 0;
    for (const value of picture) darkest = Math.max(darkest, value);
    if (!(darkest > 0)) return EMPTY;
    const clean = Float32Array.from(picture, (v) => (v < FAINT * darkest ? 0 : v / darkest));
    const box = { left: width, top: height, right: 0, bottom: 0 };
    clean.forEach((value, place) => {
      if (!value) return;
      const [row, column] = [Math.floor(place / width), place % width];
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column + 1);
      box.top = Math.min(box.top, row);
      box.bottom = Math.max(box.bottom, row + 1);
    });
    const longest = Math.max(box.right - box.left, box.bottom - box.top);
    if (longest < SMALLEST * Math.max(width, height)) return EMPTY;
    const sized = (side, zoom) => Math.max(1, Math.round((side * BOX * zoom) / longest));
    const large = [sized(box.right - box.left, ZOOM), sized(box.bottom - box.top, ZOOM)];
    const enlarged = resample(clean, width, height, box, ...large);
    const { lines, strokeWidth } = middleLines(enlarged, ...large);
    const usual = strokeWidth / ZOOM;
    if (lines.length && (usual < USUAL_STROKES[0] || usual > USUAL_STROKES[1])) {
      // Unlike MNIST's: redraw the strokes along their middle.
      const redrawn = fromStrokes(lines, ZOOM * BOX, { upright: false });
      if (!redrawn.empty) {
        const back = (column, row) => {
          const [x, y] = redrawn.back(column, row);
          return [box.left + (x * longest) / (BOX * ZOOM), box.top + (y * longest) / (BOX * ZOOM)];
        };
        return { pixels: redrawn.pixels, back };
      }
    }
    const [newWidth, newHeight] = [sized(box.right - box.left, 1), sized(box.bottom - box.top, 1)];
    const small = resample(clean, width, height, box, newWidth, newHeight);
    const largest = small.reduce((a, b) => Math.max(a, b), 0);
    const field = new Float32Array(FIELD * FIELD);
    const left = Math.floor((FIELD - newWidth) / 2);
    const top = Math.floor((FIELD - newHeight) / 2);
    for (let row = 0; row < newHeight; row++) {
      for (let column = 0; column < newWidth; column++) {
        field[(row + top) * FIELD + column + left] = small[row * newWidth + column] / largest;
      }
    }
    const { pixels, down, right } = centered(field);
    const back = (column, row) => [
      box.left + ((column - left - right) * longest) / BOX,
      box.top + ((row - top - down) * longest) / BOX,
    ];
    return { pixels, back };
  }

  /**
   * Prepare a drawn picture as MNIST was made.
   * pixels: width * height numbers from 0 (paper) to 1 (ink), row by row; returns 784 such numbers.
   */
  function normalize(pixels, width, height) {
    if (!pixels || pixels.length !== width * height) {
      throw new RangeError(
        `pixels must hold width x height = ${width * height} numbers, got ${pixels && pixels.length}.`,
      );
    }
    return Array.from(fromPicture(pixels, width, height).pixels);
  }

  cnnbook.normalize = normalize;
  cnnbook.drawing = { BOX, FIELD, SMALLEST, boundsOf, fromPicture, fromStrokes, ink, leanOf, resample };
  if (typeof module !== "undefined") module.exports = cnnbook;
})();
