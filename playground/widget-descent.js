// Downhill: a ball on a curve of the loss goes where its slope falls, step by step.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { button, element, slider } = dom;

  // The loss of one weight is a parabola of slope 1 a unit: what is left of the way to its lowest
  // point is multiplied by (1 - rate) in each step.
  const BEST = 2;
  const LEAST = 0.3;
  const START = -1.6;
  const [LEFT, RIGHT, HIGH] = [-2.3, 6.3, 9.5]; // what the picture shows
  const MOST_STEPS = 60;
  const ARRIVED = 0.05; // size of a slope that is as good as none

  const lossAt = (weight) => (weight - BEST) ** 2 / 2 + LEAST;
  const slopeAt = (weight) => weight - BEST;

  const hundredths = (value) => Math.round(100 * value) / 100;

  /** One step of gradient descent, in hundredths: whoever checks the numbers shown finds them right. */
  function descend(weight, rate) {
    const slope = slopeAt(weight);
    const move = hundredths(-rate * slope);
    const after = hundredths(weight + move);
    return { before: weight, slope, move, after, lossBefore: lossAt(weight), lossAfter: lossAt(after) };
  }
  widgets.descend = descend;
  if (typeof document === "undefined") return;

  const [WIDTH, HEIGHT, MARGIN, FOOT, TOP] = [400, 200, 48, 176, 6];
  const acrossOf = (weight) => MARGIN + ((weight - LEFT) / (RIGHT - LEFT)) * (WIDTH - MARGIN - 4);
  const downOf = (loss) => FOOT - (loss / HIGH) * (FOOT - TOP);
  const two = (value) => `${value < 0 && value.toFixed(2) !== "-0.00" ? "−" : ""}${Math.abs(value).toFixed(2)}`;

  function drawn(name, properties = {}, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(properties)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  widgets.widget("descent", (root) => {
    const state = { rate: 0.2, weight: START, steps: [] };
    const speaker = dom.announcer();
    const points = Array.from({ length: 87 }, (_, i) => LEFT + i / 10);
    const curve = drawn("path", {
      class: "cb-curve",
      d: points.map((w, i) => `${i ? "L" : "M"}${acrossOf(w).toFixed(1)} ${downOf(lossAt(w)).toFixed(1)}`).join(""),
    });
    const trail = drawn("g", { class: "cb-trail" });
    const tangent = drawn("line", { class: "cb-tangent" });
    const ball = drawn("circle", { class: "cb-ball", r: 8 });
    const picture = drawn(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "cb-descent" },
      drawn("path", { class: "cb-axis", d: `M${MARGIN - 4} ${TOP}V${FOOT}H${WIDTH - 4}` }),
      drawn("text", { x: 6, y: TOP + 12 }, "loss"),
      drawn("text", { x: WIDTH - 6, y: HEIGHT - 7, "text-anchor": "end" }, "weight"),
      curve, trail, tangent, ball,
    );
    const told = element("p", { class: "cb-facts cb-told" });
    const rate = slider("learning rate", { min: 0.05, max: 2.3, step: 0.05, value: state.rate, show: (v) => v.toFixed(2) }, (value) => {
      state.rate = value;
      stop();
      startAgain();
    });
    let timer = 0;
    const stepButton = button("Step", () => {
      stop();
      step();
      paint();
      speaker.say(told.textContent, 0);
    });
    const runButton = button("Run", () => {
      if (timer) return void (stop(), speaker.say(told.textContent, 0));
      if (isOver()) startAgain();
      runButton.textContent = "Stop";
      timer = setInterval(run, dom.calm() ? 900 : 400);
      run();
    }, { class: "cb-button cb-primary" });
    function run() {
      step();
      if (isOver()) {
        stop();
        speaker.say(told.textContent, 0);
      }
      paint();
    }
    function stop() {
      clearInterval(timer);
      timer = 0;
      runButton.textContent = "Run";
    }
    const isOut = () => state.weight < LEFT || state.weight > RIGHT;
    const isOver = () => isOut() || state.steps.length >= MOST_STEPS || Math.abs(slopeAt(state.weight)) < ARRIVED;
    function step() {
      if (isOut() || state.steps.length >= MOST_STEPS) startAgain();
      const taken = descend(state.weight, state.rate);
      state.steps.push(taken);
      state.weight = taken.after;
      paint();
    }
    function startAgain() {
      state.weight = START;
      state.steps = [];
      paint();
    }

    /** What the last step did, in sentences. */
    function tell() {
      const slope = slopeAt(state.weight);
      if (!state.steps.length) {
        return `The slope at the ball is ${two(slope)}: the loss falls to the right. ` +
          `A step moves the weight against the slope, by learning rate × slope = ${two(state.rate)} × ${two(Math.abs(slope))} = ${two(state.rate * Math.abs(slope))}.`;
      }
      const { before, slope: was, move, after, lossBefore, lossAfter } = state.steps[state.steps.length - 1];
      const way = move > 0 ? "right" : "left";
      const text = `Step ${state.steps.length}: slope ${two(was)}, so the weight moves ${way} by ` +
        `${two(state.rate)} × ${two(Math.abs(was))} = ${two(Math.abs(move))}, from ${two(before)} to ${two(after)}. ` +
        `The loss goes from ${two(lossBefore)} to ${two(lossAfter)}. `;
      if (isOut()) return text + "Each step lands higher than the last, and the ball is out of the picture: the learning rate is too large.";
      if (Math.abs(slope) < ARRIVED) return text + "Here the slope is almost zero, and so are the steps: the ball has arrived.";
      if (state.rate > 2) return text + "It jumps over the lowest point and lands higher on the other side: the learning rate is too large.";
      if (state.rate === 2) return text + "It jumps over the lowest point and lands as high as it was: the loss never falls.";
      if (state.rate > 1) return text + "It jumps over the lowest point, and lands a little lower on the other side.";
      if (state.rate <= 0.1) return text + "It crawls: with so small a learning rate, the ball needs many steps.";
      return text + "The nearer the lowest point, the flatter the curve, and the shorter the step.";
    }

    function paint() {
      const { weight } = state;
      const slope = slopeAt(weight);
      const at = (w) => [acrossOf(w), downOf(lossAt(w))];
      const [x, y] = at(weight);
      ball.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      // A piece of the line that touches the curve, of the same length whatever its slope.
      const [dx, dy] = [acrossOf(1) - acrossOf(0), downOf(slope) - downOf(0)];
      const length = 46 / Math.hypot(dx, dy);
      const ends = { x1: x - dx * length, y1: y - dy * length, x2: x + dx * length, y2: y + dy * length };
      for (const [key, value] of Object.entries(ends)) tangent.setAttribute(key, value.toFixed(1));
      trail.replaceChildren(
        ...state.steps.flatMap(({ before, after }) => {
          const [[x1, y1], [x2, y2]] = [at(before), at(after)];
          return [drawn("line", { x1, y1, x2, y2 }), drawn("circle", { cx: x1, cy: y1, r: 3.5 })];
        }),
      );
      const text = tell();
      told.textContent = text;
      picture.setAttribute(
        "aria-label",
        `A curve of the loss against one weight, a valley whose lowest point is at weight ${BEST}. ` +
          (isOut() ? "The ball has left the picture." : `The ball is at weight ${two(weight)}, where the loss is ${two(lossAt(weight))}.`),
      );
    }

    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: let the weight go downhill"),
      element("div", { class: "cb-beside" },
        picture,
        element("div", {},
          rate,
          element("div", { class: "cb-row" }, stepButton, runButton, button("Start again", () => {
            stop();
            startAgain();
            speaker.say(told.textContent, 0);
          })),
          told)),
      speaker,
    );
    paint();
  });
})();
