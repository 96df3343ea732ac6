// What the playground and the small widgets share: elements, numbers, colours, maps.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});

  /**
   * Make an element: element("button", {class: "x", onclick: f}, "text", child).
   * Properties that begin with "on" are listeners; true and false set and leave out attributes.
   */
  function element(name, properties = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key === "style") node.style.cssText = value;
      else if (value === true) node.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) {
        node.setAttribute(key, value);
      }
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  let lastId = 0;
  const newId = (what) => `cnnbook-${what}-${++lastId}`;

  const button = (text, onclick, properties = {}) =>
    element("button", { type: "button", class: "cb-button", onclick, ...properties }, text);

  /** A labelled choice of one among several: native radio buttons, drawn as a row of buttons. */
  function choice(legend, options, chosen, onchange) {
    const name = newId("choice");
    const inputs = options.map(([value, text]) => {
      const input = element("input", {
        type: "radio",
        autocomplete: "off", // no browser may bring back a choice that the page does not know of
        name,
        value,
        checked: value === chosen,
        onchange: () => onchange(value),
      });
      return element("label", { class: "cb-option" }, input, element("span", {}, text));
    });
    const fieldset = element(
      "fieldset",
      { class: "cb-choice" },
      element("legend", {}, legend),
      element("div", { class: "cb-options" }, ...inputs),
    );
    fieldset.choose = (value) => {
      for (const label of inputs) {
        const input = label.querySelector("input");
        input.checked = input.value === String(value);
      }
    };
    return fieldset;
  }

  /** A labelled slider that shows its value. */
  function slider(text, { min, max, step, value, show = (v) => v }, onchange) {
    const id = newId("slider");
    const output = element("output", { for: id }, show(value));
    const input = element("input", {
      type: "range", id, min, max, step, value, autocomplete: "off", "aria-valuetext": show(value),
      oninput: () => {
        tell();
        onchange(Number(input.value));
      },
      // The theme turns pages with the arrow keys.
      onkeydown: (event) => event.stopPropagation(),
    });
    const row = element("div", { class: "cb-slider" }, element("label", { for: id }, text), input, output);
    function tell() {
      output.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    }
    row.set = (number) => {
      input.value = number;
      tell();
    };
    return row;
  }

  function checkbox(text, checked, onchange) {
    const input = element("input", { type: "checkbox", autocomplete: "off", checked, onchange: () => onchange(input.checked) });
    const label = element("label", { class: "cb-check" }, input, element("span", {}, text));
    label.set = (value) => (input.checked = value);
    return label;
  }

  /** A number in three digits, with a true minus sign. */
  function show(value) {
    if (value === 0 || Object.is(value, -0)) return "0";
    const size = Math.abs(value);
    if (!Number.isFinite(size)) return Number.isNaN(value) ? "nan" : value < 0 ? "−inf" : "inf";
    let text = size.toPrecision(3);
    if (size >= 1000) text = size < 1e6 ? Math.round(size).toLocaleString("en") : size.toExponential(1);
    if (size < 0.001) text = size.toExponential(1);
    return (value < 0 ? "−" : "") + text.replace("e-", "e−").replace("e+", "e");
  }

  /** A number short enough for a cell of 48 pixels. */
  function brief(value) {
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size < 0.0005) return "≈ 0";
    if (!Number.isFinite(size) || size >= 1000) return show(value);
    return (value < 0 ? "−" : "") + size.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
  }

  /** Write a text only if it is another one: an unchanged page needs no new layout. */
  function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function percent(share) {
    const size = Math.abs(share);
    return `${share < 0 ? "−" : ""}${(100 * size).toFixed(size > 0.9 || size < 0.1 ? 1 : 0)} %`;
  }

  // ---- Colours ---------------------------------------------------------------------------------

  const COLOURS = {
    light: { paper: [255, 255, 255], ink: [20, 20, 20], positive: [213, 94, 0], negative: [0, 114, 178] },
    dark: { paper: [22, 24, 28], ink: [240, 240, 240], positive: [255, 168, 56], negative: [86, 180, 233] },
  };

  const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  const tables = {};

  /** 511 colours from -1 through 0 to 1, as one 32-bit number each. */
  function table(kind) {
    const key = `${kind} ${theme()}`;
    if (!tables[key]) {
      const { paper, ink, positive, negative } = COLOURS[theme()];
      tables[key] = Uint32Array.from({ length: 511 }, (_, i) => {
        const share = (i - 255) / 255;
        const end = kind === "ink" ? ink : share < 0 ? negative : positive;
        const strength = kind === "ink" ? Math.max(0, share) : Math.abs(share);
        const [r, g, b] = paper.map((value, c) => Math.round(value + (end[c] - value) * strength));
        return (255 << 24) | (b << 16) | (g << 8) | r;
      });
    }
    return tables[key];
  }

  /** The ground and a letter colour that can be read on it, for a value on a scale. */
  function cellStyle(value, scale, kind = "signed") {
    const share = scale > 0 ? Math.max(-1, Math.min(1, value / scale)) : 0;
    const colour = table(kind)[255 + Math.round(255 * share)];
    const rgb = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
    const linear = rgb.map((v) => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    return `background:rgb(${rgb});color:${luminance > 0.179 ? "#000" : "#fff"}`;
  }

  /** The largest size of a value. */
  function largest(values) {
    let most = 0;
    for (let i = 0; i < values.length; i++) {
      const size = values[i] < 0 ? -values[i] : values[i];
      if (size > most) most = size;
    }
    return most;
  }

  function anyNegative(values) {
    for (let i = 0; i < values.length; i++) if (values[i] < 0) return true;
    return false;
  }

  /**
   * Paint maps side by side: values of shape [height, width, channels], or [units] as squares.
   * Returns how they are laid out, for finding the place under a finger.
   */
  function paintMaps(canvas, values, shape, columns, kind = "signed", scale = largest(values)) {
    const vector = shape.length === 1;
    const [height, width, channels] = vector ? [1, 1, shape[0]] : shape;
    const zoom = vector ? 8 : width <= 6 ? 4 : width <= 14 ? 2 : 1; // else gaps look wide
    const gap = channels > 1 ? 1 : 0;
    const rows = Math.ceil(channels / columns);
    const [stepX, stepY] = [width * zoom + gap, height * zoom + gap];
    const [w, h] = [columns * stepX - gap, rows * stepY - gap];
    if (canvas.width !== w || canvas.height !== h || !canvas.picture) {
      canvas.width = w;
      canvas.height = h;
      canvas.picture = canvas.getContext("2d").createImageData(w, h);
      canvas.dots = new Uint32Array(canvas.picture.data.buffer);
    }
    const colours = table(kind);
    const factor = scale > 0 ? 255 / scale : 0;
    const dots = canvas.dots;
    for (let channel = 0; channel < channels; channel++) {
      const corner = Math.floor(channel / columns) * stepY * w + (channel % columns) * stepX;
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          const value = values[(row * width + column) * channels + channel] * factor;
          const colour = colours[value > 255 ? 510 : value < -255 ? 0 : (value + 255.5) | 0];
          let place = corner + row * zoom * w + column * zoom;
          for (let down = 0; down < zoom; down++, place += w) {
            for (let right = 0; right < zoom; right++) dots[place + right] = colour;
          }
        }
      }
    }
    for (let rest = channels; rest < rows * columns; rest++) {
      const corner = Math.floor(rest / columns) * stepY * w + (rest % columns) * stepX;
      for (let line = 0; line < height * zoom; line++) {
        dots.fill(colours[255], corner + line * w, corner + line * w + width * zoom);
      }
    }
    canvas.getContext("2d").putImageData(canvas.picture, 0, 0);
    return { columns, stepX, stepY, zoom, width: w, height: h };
  }

  /** Paint a canvas now; the page calls `repaint` again when the theme changes. */
  function repainted(canvas, paint) {
    canvas.repaint = paint;
    paint();
  }

  /** The colour scale with its ends, kept up to date by legend.set(largest, whether some are negative). */
  function legend(kind = "signed") {
    const [low, high] = [element("span", {}), element("span", {})];
    const node = element(
      "span",
      { class: `cb-legend cb-legend-${kind}` },
      low, element("i", { "aria-hidden": "true" }), high,
    );
    node.set = (most, negative = kind === "signed") => {
      node.classList.toggle("cb-legend-positive", kind === "signed" && !negative);
      write(low, negative ? show(-most) : "0");
      write(high, show(most));
    };
    return node;
  }

  // ---- Speaking --------------------------------------------------------------------------------

  /** A polite live region that speaks when things have come to rest. */
  function announcer() {
    const node = element("div", { class: "cb-hidden", role: "status", "aria-live": "polite" });
    let timer = 0;
    node.say = (text, delay = 700) => {
      clearTimeout(timer);
      timer = setTimeout(() => (node.textContent = text), delay);
    };
    node.cancel = () => clearTimeout(timer);
    return node;
  }

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** Call back when the reader switches between light and dark. */
  function onTheme(callback) {
    new MutationObserver(callback).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-theme"],
    });
  }

  cnnbook.dom = {
    announcer, anyNegative, brief, button, calm, cellStyle, checkbox, choice, element, largest, legend, newId, onTheme,
    paintMaps, percent, repainted, show, slider, theme, write,
  };
})();
