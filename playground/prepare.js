// From a photo of one digit to the 28 x 28 pixels of MNIST, or a sentence that says what is wrong.
//
// The steps and the numbers are those of cnnbook/preprocessing.py, which says why; a test compares
// the two. Pictures are arrays of numbers, row by row, with their width and height.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});

  const [FIELD, BOX, CENTER] = [28, 20, 14];
  const MOST_PIXELS = 64e6;
  const WORKING_SIDE = 320;
  const [INK_THRESHOLD, SMALLEST_CONTRAST, CLEAR_INK, FAINTEST_INK] = [0.15, 0.15, 0.4, 0.08];
  const [DARKEST_PAPER, SAME_INK] = [0.2, 0.7];
  const [NEAR, NEAR_IF_TALL, TALL, WIDEST] = [0.25, 0.08, 0.5, 1.5];
  const [SPECK, LARGEST_DOT] = [0.02, 0.25];

  const REFUSALS = {
    dark: "picture must be lighter, it is nearly black: take it in more light.",
    faint:
      "picture must show a digit that stands out from its background, away from the edge, " +
      "and there is none: write it with a thick dark pen.",
    cut:
      "picture must show the whole digit with paper around it, and its ink runs into the edge, " +
      "or into lines as dark: leave a margin.",
    several: "picture must show one digit, and there are several: crop it to one.",
    wide: "picture must show one digit upright, and it is too wide for one: crop or turn it.",
  };
  class Refusal extends Error {}
  const refuse = (why) => {
    throw new Refusal(REFUSALS[why]);
  };

  const largest = (values) => values.reduce((most, value) => Math.max(most, value), -Infinity);
  const clamp = (value, end) => Math.min(end - 1, Math.max(0, value));

  /** Compute each row, then each column, anew: `line(from, to)` is given one, and fills the other. */
  function bothWays(values, width, height, line) {
    const [between, result] = [new Float64Array(values.length), new Float64Array(values.length)];
    for (let row = 0; row < height; row++) {
      line(values.subarray(row * width, (row + 1) * width), between.subarray(row * width, (row + 1) * width));
    }
    const [from, to] = [new Float64Array(height), new Float64Array(height)];
    for (let column = 0; column < width; column++) {
      for (let row = 0; row < height; row++) from[row] = between[row * width + column];
      line(from, to);
      for (let row = 0; row < height; row++) result[row * width + column] = to[row];
    }
    return result;
  }

  /** Smooth with a Gaussian of this deviation, the edge repeated outside. */
  function smooth(values, width, height, deviation) {
    const reach = Math.floor(4 * deviation + 0.5);
    const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / deviation) ** 2));
    const sum = kernel.reduce((a, b) => a + b);
    const soft = bothWays(values, width, height, (from, to) => {
      for (let i = 0; i < to.length; i++) {
        to[i] = 0;
        for (let k = -reach; k <= reach; k++) to[i] += (kernel[k + reach] / sum) * from[clamp(i + k, from.length)];
      }
    });
    return soft.map((value) => Math.round(1e9 * value) / 1e9);
  }

  /** The mean of the square of this side around each pixel, the edge repeated outside. */
  function localMean(values, width, height, side) {
    const half = (side - 1) / 2;
    return bothWays(values, width, height, (from, to) => {
      let sum = 0;
      for (let k = -half; k <= half; k++) sum += from[clamp(k, from.length)];
      for (let i = 0; i < to.length; i++) {
        to[i] = sum / side;
        sum += from[clamp(i + half + 1, from.length)] - from[clamp(i - half, from.length)];
      }
    });
  }

  /** Take the lightest value of the square around each pixel, then the darkest of these. */
  function close(values, width, height, side) {
    const half = (side - 1) / 2;
    const extreme = (better) => (from, to) => {
      const queue = []; // places that may still win, the best first
      for (let i = 0, head = 0; i < from.length + half; i++) {
        if (i < from.length) {
          while (queue.length > head && !better(from[queue[queue.length - 1]], from[i])) queue.pop();
          queue.push(i);
        }
        if (queue[head] < i - 2 * half) head++;
        if (i >= half) to[i - half] = from[queue[head]];
      }
    };
    const light = bothWays(values, width, height, extreme((a, b) => a > b));
    return bothWays(light, width, height, extreme((a, b) => a < b));
  }

  /** Say how much darker than its paper each pixel is, sharp and smoothed, as shares of its light. */
  function flattenLight(gray, soft, width, height) {
    const side = Math.floor(Math.max(width, height) / 2) | 1;
    const around = localMean(soft, width, height, side);
    const skew = soft.reduce((sum, value, i) => sum + (value - around[i]) ** 3, 0);
    if (skew > 0) [gray, soft] = [gray, soft].map((values) => values.map((value) => 1 - value));
    const paper = close(soft, width, height, side);
    return [gray, soft].map((values) => values.map((value, i) => (paper[i] - value) / Math.max(paper[i], 0.3)));
  }

  /** Say how dark a line can be along which each pixel is reached from the edge of the picture. */
  function reachFromEdge(soft, width, height) {
    const lowest = soft.reduce((least, value) => Math.min(least, value));
    const onEdge = (row, column) => !row || !column || row === height - 1 || column === width - 1;
    const reached = soft.map((value, i) => (onEdge(Math.floor(i / width), i % width) ? value : lowest));
    let changed = true;
    const visit = (row, column, step) => {
      const place = row * width + column;
      let best = reached[place];
      for (const [down, right] of [[0, step], [step, -1], [step, 0], [step, 1]]) {
        const [r, c] = [row + down, column + right];
        if (r >= 0 && c >= 0 && r < height && c < width && reached[r * width + c] > best) best = reached[r * width + c];
      }
      if (best > soft[place]) best = soft[place];
      if (best > reached[place]) [reached[place], changed] = [best, true];
    };
    while (changed) {
      changed = false;
      for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) visit(row, column, -1);
      for (let row = height - 1; row >= 0; row--) for (let column = width - 1; column >= 0; column--) visit(row, column, 1);
    }
    return reached;
  }

  /** Regions of pixels above a level that hang together, corners too: {places, top, left, ...}. */
  function regionsOf(values, width, height, level) {
    const seen = new Uint8Array(values.length);
    const regions = [];
    for (let start = 0; start < values.length; start++) {
      if (seen[start] || !(values[start] > level)) continue;
      const region = { places: [start], top: height, left: width, bottom: 0, right: 0, mass: 0, most: -Infinity };
      seen[start] = 1;
      for (let i = 0; i < region.places.length; i++) {
        const place = region.places[i];
        const [row, column] = [Math.floor(place / width), place % width];
        region.top = Math.min(region.top, row);
        region.bottom = Math.max(region.bottom, row + 1);
        region.left = Math.min(region.left, column);
        region.right = Math.max(region.right, column + 1);
        region.mass += values[place];
        region.most = Math.max(region.most, values[place]);
        for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
          for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
            const next = r * width + c;
            if (seen[next] || !(values[next] > level)) continue;
            seen[next] = 1;
            region.places.push(next);
          }
        }
      }
      region.height = region.bottom - region.top;
      region.width = region.right - region.left;
      region.long = Math.max(region.height, region.width);
      const [fill, slim] = [region.places.length / (region.height * region.width), region.width / region.height];
      region.round = fill > 0.7 && slim > 2 / 3 && slim < 3 / 2;
      regions.push(region);
    }
    return regions;
  }

  const distance = (one, other) =>
    Math.max(one.top - other.bottom, other.top - one.bottom, one.left - other.right, other.left - one.right);

  /** Mark the digit: the region with the most ink, and what belongs to it. */
  function chooseRegions(clear, soft, width, height) {
    const regions = regionsOf(clear, width, height, FAINTEST_INK).filter(({ most }) => most >= SMALLEST_CONTRAST);
    if (!regions.length) refuse(largest(soft) > CLEAR_INK ? "cut" : "faint");
    const better = (one, other) => (one.round !== other.round ? other.round : one.mass > other.mass);
    const main = regions.reduce((best, region) => (better(region, best) ? region : best));
    const parts = [];
    for (const region of regions) {
      const [share, apart] = [region.mass / main.mass, distance(main, region)];
      const tall = region.height >= TALL * main.height;
      const hole = region.round && apart > 0 && share > LARGEST_DOT;
      if (hole || share < SPECK) continue;
      if (apart <= (tall ? NEAR_IF_TALL : NEAR) * main.long) parts.push(region);
      else if (region.long >= TALL * main.long) refuse("several");
    }
    const end = (name, better) => parts.reduce((best, part) => better(best, part[name]), parts[0][name]);
    const box = { top: end("top", Math.min), left: end("left", Math.min), bottom: end("bottom", Math.max), right: end("right", Math.max) };
    if (box.right - box.left > WIDEST * (box.bottom - box.top)) refuse("wide");
    const places = parts.flatMap((part) => part.places);
    refuseCut(soft, width, height, main, largest(places.map((place) => soft[place])));
    const digit = new Uint8Array(clear.length);
    for (const place of places) {
      const [row, column] = [Math.floor(place / width), place % width];
      digit[place] = 1;
      if (row) digit[place - width] = 1;
      if (row < height - 1) digit[place + width] = 1;
      if (column) digit[place - 1] = 1;
      if (column < width - 1) digit[place + 1] = 1;
    }
    return { digit, box };
  }

  /** Refuse a picture in which something like a digit, as dark as this one, runs into the edge. */
  function refuseCut(soft, width, height, main, darkest) {
    for (const region of regionsOf(soft, width, height, SAME_INK * darkest)) {
      let contact = 0;
      for (const place of region.places) {
        const [row, column] = [Math.floor(place / width), place % width];
        contact += (row === 0) + (row === height - 1) + (column === 0) + (column === width - 1);
      }
      const tall = region.height > TALL * main.long && region.long < 0.9 * Math.max(width, height);
      if (tall && contact && contact < 0.5 * region.long) refuse("cut");
    }
  }

  /** The weights with which Pillow makes `count` pixels of a line of `length`. */
  function weights(length, count) {
    const scale = length / count;
    const box = scale > 1; // else bilinear
    const wide = Math.max(1, scale);
    const reach = (box ? 0.5 : 1) * wide;
    return Array.from({ length: count }, (_, i) => {
      const middle = (i + 0.5) * scale;
      const first = Math.max(0, Math.floor(middle - reach + 0.5));
      const last = Math.min(length, Math.floor(middle + reach + 0.5));
      const shares = [];
      for (let k = first; k < last; k++) {
        const off = (k - middle + 0.5) / wide;
        shares.push([k, box ? Number(off > -0.5 && off <= 0.5) : Math.max(0, 1 - Math.abs(off))]);
      }
      const sum = shares.reduce((all, [, share]) => all + share, 0);
      return shares.map(([k, share]) => [k, share / sum]);
    });
  }

  /** Where a digit begins that is centred by its ink in each line. */
  function centeringOffset(lines) {
    const [mass, moment] = lines.reduce(([m, n], value, i) => [m + value, n + value * i], [0, 0]);
    return Math.min(FIELD - lines.length, Math.max(0, Math.round(CENTER - moment / mass)));
  }

  /** Scale ink to a box of 20 pixels, and place it by its centre of mass. */
  function scaleAndCentre(ink, width, height) {
    let [top, left, bottom, right] = [height, width, 0, 0];
    ink.forEach((value, place) => {
      if (!value) return;
      const [row, column] = [Math.floor(place / width), place % width];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
      [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
    });
    const factor = BOX / Math.max(bottom - top, right - left);
    const sized = (side) => Math.max(1, Math.round(side * factor));
    const across = weights(right - left, sized(right - left));
    const down = weights(bottom - top, sized(bottom - top));
    const narrow = Array.from({ length: bottom - top }, (_, row) =>
      across.map((shares) =>
        Math.round(shares.reduce((sum, [k, share]) => sum + share * Math.floor(255 * ink[(top + row) * width + left + k]), 0)),
      ),
    );
    const small = down.map((shares) =>
      across.map((_, column) => Math.round(shares.reduce((sum, [k, share]) => sum + share * narrow[k][column], 0))),
    );
    const most = largest(small.flat());
    const row = centeringOffset(small.map((line) => line.reduce((a, b) => a + b)));
    const column = centeringOffset(across.map((_, c) => small.reduce((sum, line) => sum + line[c], 0)));
    const field = new Float32Array(FIELD * FIELD);
    small.forEach((line, r) =>
      line.forEach((value, c) => (field[(row + r) * FIELD + column + c] = Math.round((255 / most) * value) / 255)),
    );
    return field;
  }

  /**
   * Prepare a picture: `gray` from 0 (black) to 1 (white). Returns {pixels, box}, 784 numbers from 0
   * (paper) to 1 (ink) and where the digit was; throws a Refusal whose message says what is wrong.
   */
  function prepare(gray, width, height) {
    const values = Float64Array.from(gray);
    const smoothed = smooth(values, width, height, Math.max(width, height) / 300);
    if (largest(smoothed) < DARKEST_PAPER) refuse("dark");
    const [sharp, soft] = flattenLight(values, smoothed, width, height);
    const atEdge = reachFromEdge(soft, width, height);
    const clear = soft.map((value, i) => value - atEdge[i]);
    const { digit, box } = chooseRegions(clear, soft, width, height);
    const ink = sharp.map((value, i) => (digit[i] ? value - atEdge[i] : 0));
    const most = largest(ink);
    return { pixels: scaleAndCentre(ink.map((value) => (value / most < INK_THRESHOLD ? 0 : value / most)), width, height), box };
  }

  // ---- Files -----------------------------------------------------------------------------------

  /**
   * Read a file as gray values, shrunk: {gray, width, height}. It is drawn in bands: a phone cannot
   * hold the whole of a large photo on one canvas. The browser turns it as its note says.
   */
  async function readGray(file) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      const kind = /\.hei[cf]$/i.test(file.name) ? "a HEIC photo" : "not one that can be read";
      throw new Refusal(`picture must be an image, and ${file.name} is ${kind}: export it as JPEG or PNG.`);
    }
    const { width, height } = bitmap;
    try {
      if (width * height > MOST_PIXELS) {
        const limit = MOST_PIXELS.toLocaleString("en");
        throw new Refusal(`picture must have at most ${limit} pixels, got ${width} x ${height}: save it smaller.`);
      }
      const factor = Math.ceil(Math.max(width, height) / WORKING_SIDE);
      const small = { width: Math.ceil(width / factor), height: Math.ceil(height / factor) };
      const gray = new Float32Array(small.width * small.height);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width, factor];
      const context = canvas.getContext("2d", { willReadFrequently: true });
      for (let row = 0; row < small.height; row++) {
        const lines = Math.min(factor, height - row * factor);
        context.fillStyle = "#fff"; // transparent pixels are paper
        context.fillRect(0, 0, width, factor);
        context.drawImage(bitmap, 0, row * factor, width, lines, 0, 0, width, lines);
        const { data } = context.getImageData(0, 0, width, lines);
        for (let column = 0; column < small.width; column++) {
          const right = Math.min(width, (column + 1) * factor);
          let [sum, count] = [0, 0];
          for (let line = 0; line < lines; line++) {
            for (let x = column * factor; x < right; x++, count++) {
              const i = 4 * (line * width + x);
              sum += (19595 * data[i] + 38470 * data[i + 1] + 7471 * data[i + 2] + 32768) >> 16;
            }
          }
          gray[row * small.width + column] = Math.round(sum / count) / 255;
        }
      }
      return { gray, ...small };
    } finally {
      bitmap.close();
    }
  }

  cnnbook.prepare = { Refusal, prepare, readGray };
})();
