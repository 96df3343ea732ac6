// A stack of layers: shapes, parameters, receptive fields, and the error that Keras would raise.
"use strict";
(() => {
  const { dom, widgets } = globalThis.cnnbook;
  const { button, choice, element } = dom;

  const KINDS = {
    conv: { name: "Conv2D", numbers: { filters: [32, 1, 512], kernel: [3, 1, 11], stride: [1, 1, 4] } },
    pool: { name: "MaxPooling2D", numbers: { window: [2, 1, 8] } },
    flatten: { name: "Flatten", numbers: {} },
    dense: { name: "Dense", numbers: { units: [128, 1, 2048] } },
  };
  const tuple = (shape) => `(None, ${shape.join(", ")}${shape.length ? "" : ","})`;

  /** What Keras 3 does with a stack: {rows, error}. A row: {shape, parameters, field, jump}. */
  function readStack(input, stack) {
    let shape = input;
    let field = { size: 1, jump: 1 };
    const counts = {};
    const rows = [];
    for (const layer of stack) {
      const base = { conv: "conv2d", pool: "max_pooling2d", flatten: "flatten", dense: "dense" }[layer.kind];
      const number = counts[base] ?? 0;
      counts[base] = number + 1;
      const name = number ? `${base}_${number}` : base;
      let parameters = 0;
      if ((layer.kind === "conv" || layer.kind === "pool") && shape.length !== 3) {
        const wanted = layer.kind === "conv" ? "expected min_ndim=4" : "expected ndim=4";
        return { rows, error: `ValueError: Input 0 with name 'None' of layer '${name}' is incompatible with the layer: ${wanted}, found ndim=${shape.length + 1}. Full shape received: ${tuple(shape)}` };
      }
      if (layer.kind === "conv" || layer.kind === "pool") {
        const [height, width, channels] = shape;
        const side = layer.kind === "conv" ? layer.kernel : layer.window;
        const stride = layer.kind === "conv" ? layer.stride : layer.window;
        const padding = layer.padding;
        const [down, right] = [height, width].map((size) => widgets.windows(size, side, stride, padding));
        if (down.count < 1 || right.count < 1) {
          const error = layer.kind === "conv"
            ? `ValueError: Computed output size would be zero or negative. Received \`inputs shape=${tuple(shape)}\`, \`kernel shape=(${side}, ${side}, ${channels}, ${layer.filters})\`, \`dilation_rate=[1 1]\`, \`strides=(${stride}, ${stride})\`, \`padding=${padding}\`.`
            : `ValueError: Exception encountered when calling MaxPooling2D.call().\n\nComputed output size would be zero or negative. Received: \`inputs.shape=[None ${shape.join(" ")}]\`, \`pool_size=[${side} ${side}]\`, \`strides=(${stride}, ${stride})\`, \`padding=${padding}\`.`;
          return { rows, error };
        }
        if (layer.kind === "conv") parameters = layer.filters * (side * side * channels + 1);
        shape = [down.count, right.count, layer.kind === "conv" ? layer.filters : channels];
        field = { size: field.size + (side - 1) * field.jump, jump: field.jump * stride };
      } else if (layer.kind === "flatten") {
        shape = [shape.reduce((a, b) => a * b, 1)];
        field = null;
      } else {
        parameters = layer.units * (shape[shape.length - 1] + 1);
        shape = [...shape.slice(0, -1), layer.units];
      }
      field = shape.length === 3 ? field : null;
      rows.push({ name, shape, parameters, field: field && { ...field } });
      field = field || { size: 1, jump: 1 };
    }
    return { rows, error: null };
  }
  widgets.readStack = readStack;
  if (typeof document === "undefined") return;

  widgets.widget("shapes", (root) => {
    const conv = (filters) => ({ kind: "conv", filters, kernel: 3, stride: 1, padding: "valid" });
    const pool = () => ({ kind: "pool", window: 2, padding: "valid" });
    const article = () => [conv(32), pool(), conv(64), pool(), { kind: "flatten" }, { kind: "dense", units: 128 }, { kind: "dense", units: 10 }];
    const state = { side: 28, stack: article() };
    const list = element("ol", { class: "cb-stack" });
    const told = element("p", { class: "cb-facts", role: "status" });
    const error = element("div", { class: "cb-error", role: "status" });

    function write(layer) {
      const { name } = KINDS[layer.kind];
      if (layer.kind === "conv") return `${name}(${layer.filters}, ${layer.kernel}${layer.stride > 1 ? `, strides=${layer.stride}` : ""}${layer.padding === "same" ? ', padding="same"' : ""})`;
      if (layer.kind === "pool") return `${name}(${layer.window})`;
      return layer.kind === "dense" ? `${name}(${layer.units})` : `${name}()`;
    }

    function fields(layer) {
      return Object.entries(KINDS[layer.kind].numbers).map(([key, [, min, max]]) =>
        element("label", { class: "cb-field" }, `${key} `,
          element("input", {
            class: "cb-number", type: "number", min, max, value: layer[key], autocomplete: "off",
            onchange: (event) => {
              layer[key] = Math.min(max, Math.max(min, Math.round(Number(event.target.value)) || min));
              event.target.value = layer[key];
              paint();
            },
          })));
    }

    /** Facts alone are painted again when a number changes: the field keeps the focus. */
    let facts = [];
    function build() {
      facts = [];
      list.replaceChildren(...state.stack.map((layer, i) => {
        const code = element("code", {});
        const fact = element("span", { class: "cb-facts" });
        const item = element("li", {}, code, fact);
        const same = layer.kind === "conv"
          ? dom.checkbox("same", layer.padding === "same", (on) => {
              layer.padding = on ? "same" : "valid";
              paint();
            })
          : null;
        item.append(element("span", { class: "cb-row" }, ...fields(layer), ...(same ? [same] : []),
          button("×", () => {
            state.stack.splice(i, 1);
            build();
            (list.querySelectorAll("button")[Math.min(i, state.stack.length - 1)] || root.querySelector("button")).focus();
          }, { "aria-label": `Remove layer ${i + 1}, ${KINDS[layer.kind].name}`, class: "cb-button cb-square cb-quiet" })));
        facts.push({ item, code, fact, layer });
        return item;
      }));
      paint();
    }

    function paint() {
      const { rows, error: message } = readStack([state.side, state.side, 1], state.stack);
      facts.forEach(({ item, code, fact, layer }, i) => {
        const row = rows[i];
        code.textContent = write(layer);
        item.classList.toggle("cb-broken", Boolean(message) && i === rows.length);
        fact.textContent = row
          ? `${row.shape.join(" × ")}; ${row.parameters.toLocaleString("en")} parameters` +
            (row.field ? `; a value sees ${row.field.size} × ${row.field.size} pixels` : "")
          : i === rows.length ? "this layer does not fit" : "not reached";
      });
      const total = rows.reduce((sum, row) => sum + row.parameters, 0);
      told.textContent = message ? "" : `Built: ${total.toLocaleString("en")} parameters in all.` +
        (rows.length && rows[rows.length - 1].shape.length > 1 ? " It can be built, and its answer is not a vector: is a Flatten missing?" : "");
      error.hidden = !message;
      error.replaceChildren(element("code", {}, message || ""));
    }

    const add = (kind) => {
      const layer = { kind, padding: "valid" };
      for (const [key, [value]] of Object.entries(KINDS[kind].numbers)) layer[key] = value;
      state.stack.push(layer);
      build();
    };
    root.replaceChildren(
      element("p", { class: "cb-widget-title" }, "Try it: build a stack, and read what Keras would say"),
      element("div", { class: "cb-row" },
        choice("Image", [[28, "28 × 28 × 1"], [12, "12 × 12 × 1"]], 28, (side) => {
          state.side = Number(side);
          paint();
        }),
        button("The article's stack", () => {
          state.stack = article();
          build();
        })),
      list,
      element("div", { class: "cb-row" }, "Add ", ...Object.entries(KINDS).map(([kind, { name }]) => button(name, () => add(kind)))),
      told, error,
    );
    build();
  });
})();
