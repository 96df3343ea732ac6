// A figure of two equally large pictures, one over the other; a slider says how much of each is seen.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { element } = dom;

  widgets.widget("compare", (root) => {
    const { before: one, after: other } = root.dataset;
    const [before, after] = root.closest("figure").querySelectorAll("img");
    const edge = element("i", { "aria-hidden": "true" });
    const names = [one, other].map((name) => element("span", { "aria-hidden": "true" }, name));
    const pair = element("div", { class: "cb-pair" }, before, after, edge, ...names);
    const input = element("input", {
      type: "range", min: 0, max: 100, step: 1, value: 50, autocomplete: "off", oninput: show,
      "aria-label": `${one} on the left, ${other} on the right`,
    });
    function show() {
      const share = Number(input.value);
      input.setAttribute("aria-valuetext", `${share} % ${one}, ${100 - share} % ${other}`);
      pair.style.setProperty("--cb-share", `${share}%`);
    }
    // A finger or a mouse may also point to where the two meet.
    const point = (event) => {
      const { left, width } = pair.getBoundingClientRect();
      input.value = (100 * (event.clientX - left)) / width;
      show();
    };
    pair.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      pair.setPointerCapture(event.pointerId);
      point(event);
    });
    pair.addEventListener("pointermove", (event) => pair.hasPointerCapture(event.pointerId) && point(event));
    root.replaceChildren(pair, input);
    show();
  });
})();
