// Scenes of digits: the reader draws into them and moves their digits, and a stored network says
// where which digit is, by boxes or pixel by pixel.
//
// A scene is made as `cnnbook/applications/scenes.py` makes those that the networks learned from.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { graph } = cnnbook;

  const SIDE = 96; // pixels of a scene
  const FIELD = 28; // of a digit as it is stored
  const GROUND = 10; // the class of a pixel of no digit
  const INK = 0.5; // a pixel belongs to a digit where the pen covers more than this of it
  const MAX_DIGITS = 6;

  // ---- Scenes ----------------------------------------------------------------------------------

  /** Stored digits: {pixels, label}, the ink from 0 to 1 in sixteen steps. */
  function unpackDigits({ pixels, labels }) {
    const bytes = graph.bytesFromBase64(pixels); // two pixels a byte, the first in the upper half
    const size = FIELD * FIELD;
    return labels.map((label, number) => ({
      label,
      pixels: Float32Array.from({ length: size }, (_, i) => {
        const byte = bytes[(number * size + i) >> 1];
        return (i % 2 ? byte & 15 : byte >> 4) / 15;
      }),
    }));
  }

  /** Draw a square picture at another size, evenly from one pixel to the next. */
  function resized(picture, from, to) {
    const places = Array.from({ length: to }, (_, i) => {
      const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
      const low = Math.floor(at);
      return [low, Math.min(low + 1, from - 1), at - low];
    });
    const output = new Float32Array(to * to);
    places.forEach(([up, down, y], row) => {
      places.forEach(([left, right, x], column) => {
        const top = (1 - x) * picture[up * from + left] + x * picture[up * from + right];
        const bottom = (1 - x) * picture[down * from + left] + x * picture[down * from + right];
        output[row * to + column] = (1 - y) * top + y * bottom;
      });
    });
    return output;
  }

  /** The box around the ink of a square picture: [left, top, right, bottom], the last two outside. */
  function extent(picture, side) {
    let [left, top, right, bottom] = [side, side, 0, 0];
    picture.forEach((value, place) => {
      if (value <= INK) return;
      const [row, column] = [Math.floor(place / side), place % side];
      [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    });
    return [left, top, right, bottom];
  }

  /** A stored digit with `longer` pixels along its longer side, cut to its ink: {width, height, ink}. */
  function sizedDigit(digit, longer) {
    const box = extent(digit.pixels, FIELD);
    const zoom = longer / Math.max(box[2] - box[0], box[3] - box[1]);
    const side = Math.round(FIELD * zoom);
    const large = resized(digit.pixels, FIELD, side);
    const [left, top, right, bottom] = extent(large, side);
    const [width, height] = [right - left, bottom - top];
    const ink = new Float32Array(width * height);
    for (let row = 0; row < height; row++) {
      const start = (row + top) * side + left;
      ink.set(large.subarray(start, start + width), row * width);
    }
    return { label: digit.label, width, height, ink };
  }

  /** The intersection over union of two boxes [left, top, right, bottom]. */
  function iou(a, b) {
    const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
    const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    if (wide <= 0 || high <= 0) return 0;
    const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
    return (wide * high) / (area(a) + area(b) - wide * high);
  }

  const boxOf = ({ left, top, width, height }) => [left, top, left + width, top + height];
  /** A whole number from `low` to below `high`. */
  const between = (random, low, high) => low + Math.floor(random() * (high - low));

  /** An uneven ground of 96 x 96, without anything on it. */
  function drawGround(random) {
    const base = 0.25 * random();
    return resized(Float32Array.from({ length: 16 }, () => base + 0.2 * random()), 4, SIDE);
  }

  /** Short strokes that belong to no digit: pieces of digits, darker than these. */
  function drawClutter(digits, random) {
    return Array.from({ length: between(random, 4, 11) }, () => {
      const side = between(random, 7, 13);
      const [row, column] = [between(random, 5, 24 - side), between(random, 5, 24 - side)];
      const { pixels } = digits[between(random, 0, digits.length)];
      const ink = new Float32Array(side * side);
      for (let i = 0; i < side; i++) {
        ink.set(pixels.subarray((row + i) * FIELD + column, (row + i) * FIELD + column + side), i * side);
      }
      const [top, left] = [between(random, 0, SIDE - side), between(random, 0, SIDE - side)];
      return { ink, width: side, height: side, top, left, brightness: 0.3 + 0.3 * random() };
    });
  }

  /** Up to six digits that hardly overlap; some find no place. */
  function placeDigits(digits, random, most = MAX_DIGITS) {
    const placed = [];
    for (let number = 0; number < most; number++) {
      const sized = sizedDigit(digits[between(random, 0, digits.length)], between(random, 20, 41));
      for (let attempt = 0; attempt < 30; attempt++) {
        const digit = {
          ...sized,
          top: between(random, 0, SIDE - sized.height + 1),
          left: between(random, 0, SIDE - sized.width + 1),
          brightness: 0.6 + 0.4 * random(),
        };
        if (placed.some((other) => iou(boxOf(digit), boxOf(other)) > 0.05)) continue;
        placed.push(digit);
        break;
      }
    }
    return placed;
  }

  function blend(picture, { ink, width, height, top, left, brightness }) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [r, c] = [row + top, column + left];
        if (r < 0 || c < 0 || r >= SIDE || c >= SIDE) continue;
        const place = r * SIDE + c;
        picture[place] += ink[row * width + column] * (brightness - picture[place]);
      }
    }
  }

  /** The pixels, 0 to 255, of a scene: ground, clutter, digits, what was drawn, and a little noise. */
  function paintScene({ ground, clutter, digits, drawn, noise }) {
    const picture = Float32Array.from(ground);
    for (const piece of clutter) blend(picture, piece);
    for (const digit of digits) blend(picture, digit);
    if (drawn) blend(picture, { ink: drawn, width: SIDE, height: SIDE, top: 0, left: 0, brightness: 0.9 });
    return picture.map((value, i) => Math.round(255 * Math.min(1, Math.max(0, value + noise[i]))));
  }

  /** The true class of each pixel of a scene in which nothing was drawn. */
  function trueMask(digits) {
    const mask = new Uint8Array(SIDE * SIDE).fill(GROUND);
    for (const { ink, width, height, top, left, label } of digits) {
      for (let i = 0; i < ink.length; i++) {
        const [row, column] = [Math.floor(i / width) + top, (i % width) + left];
        if (ink[i] > INK && row >= 0 && column >= 0 && row < SIDE && column < SIDE) mask[row * SIDE + column] = label;
      }
    }
    return mask;
  }

  /** Noise like that of a camera: normal, with a standard deviation of 0.01. */
  function drawNoise(random) {
    return Float32Array.from({ length: SIDE * SIDE }, () =>
      0.01 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  }

  // ---- Answers ---------------------------------------------------------------------------------

  const STRIDE = 4; // pixels from one cell of the detector's grid to the next
  const CLASSES = 10;

  /** Boxes as `boxes.decode` finds them: a cell whose probability none around it exceeds, surest first. */
  function decode({ heat, classes, boxes }, least = 0.01) {
    const [rows, columns] = heat.shape;
    const distances = boxes.shape[2] / 4;
    const kinds = graph.softmax(classes).data;
    const scores = kinds.map((share, i) => share * graph.sigmoid(heat.data[Math.floor(i / CLASSES)]));
    const away = graph.softmax({ shape: [4, distances], data: boxes.data }).data;
    const edge = (cell, side) => {
      let mean = 0;
      for (let i = 0; i < distances; i++) mean += 2 * i * away[(cell * 4 + side) * distances + i];
      return mean;
    };
    const found = [];
    scores.forEach((score, place) => {
      if (score < least) return;
      const [cell, label] = [Math.floor(place / CLASSES), place % CLASSES];
      const [row, column] = [Math.floor(cell / columns), cell % columns];
      for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
        for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
          if (scores[(r * columns + c) * CLASSES + label] > score) return;
        }
      }
      const [x, y] = [STRIDE * (column + 0.5), STRIDE * (row + 0.5)];
      const box = [x - edge(cell, 0), y - edge(cell, 1), x + edge(cell, 2), y + edge(cell, 3)];
      found.push({ label, score, box: box.map((value) => Math.min(STRIDE * rows, Math.max(0, value))) });
    });
    return found.sort((a, b) => b.score - a.score).slice(0, 30);
  }

  /** Leave out a box that overlaps a surer one of its class by more than half. */
  function suppress(found) {
    const kept = [];
    for (const one of found) {
      if (kept.every(({ label, box }) => label !== one.label || iou(box, one.box) <= 0.5)) kept.push(one);
    }
    return kept;
  }

  /** Which boxes are right, the surest first: its digit, still free, with an overlap of half or more. */
  function match(found, digits) {
    const free = new Set(digits);
    return found.map(({ label, box }) => {
      let [best, most] = [null, 0.5];
      for (const digit of free) {
        const shared = iou(box, boxOf(digit));
        if (digit.label === label && shared >= most) [best, most] = [digit, shared];
      }
      free.delete(best);
      return best !== null;
    });
  }

  /** The surest class of each pixel. */
  function classesOf({ shape, data }) {
    const count = shape[shape.length - 1];
    return Uint8Array.from({ length: data.length / count }, (_, i) => graph.largestOf(data, i * count, count));
  }

  /** Pixels of one class that touch, at corners too: {label, size, box}, smaller patches left out. */
  function patches(mask, least = 25) {
    const seen = new Uint8Array(mask.length);
    const found = [];
    for (let start = 0; start < mask.length; start++) {
      if (seen[start] || mask[start] === GROUND) continue;
      const [label, waiting] = [mask[start], [start]];
      const box = [SIDE, SIDE, 0, 0];
      let size = 0;
      seen[start] = 1;
      while (waiting.length) {
        const place = waiting.pop();
        const [row, column] = [Math.floor(place / SIDE), place % SIDE];
        size++;
        [box[0], box[1]] = [Math.min(box[0], column), Math.min(box[1], row)];
        [box[2], box[3]] = [Math.max(box[2], column + 1), Math.max(box[3], row + 1)];
        for (let r = Math.max(0, row - 1); r <= Math.min(SIDE - 1, row + 1); r++) {
          for (let c = Math.max(0, column - 1); c <= Math.min(SIDE - 1, column + 1); c++) {
            const next = r * SIDE + c;
            if (seen[next] || mask[next] !== label) continue;
            seen[next] = 1;
            waiting.push(next);
          }
        }
      }
      if (size >= least) found.push({ label, size, box });
    }
    return found;
  }

  cnnbook.scenes = {
    GROUND, SIDE, boxOf, classesOf, decode, drawClutter, drawGround, drawNoise, iou, match, paintScene, patches,
    placeDigits, resized, sizedDigit, suppress, trueMask, unpackDigits,
  };
  if (typeof module !== "undefined") module.exports = cnnbook;
})();
