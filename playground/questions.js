// Questions that can be asked of a network and a picture, answered by the network itself.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { answer, inputGradient, run } = cnnbook.network;

  const last = (list) => list[list.length - 1];

  /** Work in small portions, so that the page stays alive; `step` returns false when done. */
  function inPortions(step, milliseconds = 10) {
    let stopped = false;
    const done = new Promise((resolve) => {
      const portion = () => {
        const end = performance.now() + milliseconds;
        while (!stopped && performance.now() < end) {
          if (step() === false) return resolve(true);
        }
        return stopped ? resolve(false) : setTimeout(portion, 0);
      };
      portion();
    });
    return { done, stop: () => (stopped = true) };
  }

  /**
   * Cover the picture with a square of paper, place after place, and note how far the logit of its
   * answer falls: Zeiler and Fergus (2014). A pixel gets the mean over the squares that cover it.
   */
  function occlusion(network, pixels, { side = 4, stride = 2 } = {}) {
    const before = run(network, pixels);
    const digit = answer(before);
    const logit = last(before.sums)[digit];
    const [height, width] = network.inputShape;
    const falls = new Float32Array(pixels.length);
    const counts = new Float32Array(pixels.length);
    let [row, column] = [0, 0];
    const work = inPortions(() => {
      const covered = Float32Array.from(pixels);
      let ink = 0;
      for (let r = row; r < row + side; r++) {
        for (let c = column; c < column + side; c++) {
          ink += covered[r * width + c];
          covered[r * width + c] = 0;
        }
      }
      const fall = ink ? logit - last(run(network, covered).sums)[digit] : 0;
      for (let r = row; r < row + side; r++) {
        for (let c = column; c < column + side; c++) {
          falls[r * width + c] += fall;
          counts[r * width + c] += 1;
        }
      }
      column += stride;
      if (column > width - side) [row, column] = [row + stride, 0];
      return row <= height - side;
    });
    return {
      ...work,
      done: work.done.then((whole) => whole && { digit, map: falls.map((fall, i) => fall / (counts[i] || 1)) }),
    };
  }

  /**
   * A small change of the pixels that makes the network read `target`. Each step is the shortest
   * one that would do if the logits were linear (the idea of DeepFool, Moosavi-Dezfooli et al.
   * 2016), kept within 0 and 1; in the end the change is shortened as far as the answer allows.
   */
  function turnInto(network, pixels, target, { steps = 60 } = {}) {
    const start = Float32Array.from(pixels);
    let changed = Float32Array.from(pixels);
    let result = run(network, changed);
    let taken = 0;
    let shortening = -1; // once found: bisection steps done
    let [low, high, found] = [0, 1, null];
    const between = (share) => start.map((value, i) => value + share * (found[i] - value));
    const work = inPortions(() => {
      if (shortening >= 0) {
        const middle = (low + high) / 2;
        if (answer(run(network, between(middle))) === target) high = middle;
        else low = middle;
        return ++shortening < 12;
      }
      const now = answer(result);
      if (now === target) {
        if (taken === 0) return false;
        found = changed;
        shortening = 0;
        return true;
      }
      if (taken++ >= steps) return false;
      const logits = last(result.sums);
      const weights = new Float32Array(logits.length);
      weights[target] = 1;
      weights[now] = -1;
      const gradient = inputGradient(network, result, weights);
      // A pixel at its end cannot go further.
      const free = gradient.map((slope, i) =>
        (changed[i] <= 0 && slope < 0) || (changed[i] >= 1 && slope > 0) ? 0 : slope,
      );
      const square = free.reduce((sum, slope) => sum + slope * slope, 0);
      if (square === 0) return false;
      const length = Math.min(1.5 / Math.sqrt(square), (logits[now] - logits[target] + 0.05) / square);
      changed = changed.map((value, i) => Math.min(1, Math.max(0, value + 1.02 * length * free[i])));
      result = run(network, changed);
      return true;
    });
    return {
      ...work,
      done: work.done.then((whole) => {
        if (!whole) return null;
        if (!found) return { found: false };
        const picture = between(high);
        const difference = picture.map((value, i) => value - start[i]);
        return {
          found: true,
          picture,
          difference,
          length: Math.sqrt(difference.reduce((sum, d) => sum + d * d, 0)),
          result: run(network, picture),
        };
      }),
    };
  }

  cnnbook.questions = { occlusion, turnInto };
})();
