// A figure that is a strip of equal frames, shown one frame at a time; paused until asked.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { button, element, slider } = dom;

  widgets.widget("frames", (root) => {
    const { figure: name, count: text, first } = root.dataset;
    const label = root.textContent;
    const count = Number(text);
    const figure = document.getElementById(name)?.closest("figure");
    const image = figure?.querySelector("img");
    if (!image) return void (root.hidden = true);

    const speaker = dom.announcer();
    const told = (frame) => `${frame + Number(first)}`;
    let frame = 0;
    let timer = 0;
    const row = slider(label, { min: 0, max: count - 1, step: 1, value: 0, show: told }, (value) => {
      stop();
      show(value);
    });
    const input = row.querySelector("input");
    const play = button("Play", () => {
      if (timer) return stop();
      if (frame === count - 1) show(0);
      play.textContent = "Pause";
      timer = setInterval(() => {
        show(frame + 1);
        if (frame === count - 1) stop();
      }, dom.calm() ? 1200 : 600);
    });
    function stop() {
      if (timer) speaker.say(`${label} ${told(frame)}`, 0);
      clearInterval(timer);
      timer = 0;
      play.textContent = "Play";
    }
    function show(number) {
      frame = number;
      row.set(frame);
      input.setAttribute("aria-valuetext", `${told(frame)}, frame ${frame + 1} of ${count}`);
      // As much of the strip lies left of the frame as of all that is not shown.
      image.style.objectPosition = `${(100 * frame) / (count - 1)}% 0`;
    }

    function start() {
      image.style.setProperty("--cb-frame", image.naturalWidth / count / image.naturalHeight);
      image.classList.add("cb-frame");
      root.replaceChildren(image, element("div", { class: "cb-row" }, play, row), speaker);
      show(0);
      root.hidden = false;
    }
    // The picture keeps its place in the figure, above the caption.
    root.hidden = true;
    (image.closest("a") ?? image).replaceWith(root, image);
    image.loading = "eager";
    if (image.complete && image.naturalWidth) start();
    else image.addEventListener("load", start, { once: true });
  });
})();
