// The arithmetic of one value of the network, written out with its real numbers.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const { brief, cellStyle, element, largest, percent, show } = cnnbook.dom;

  /** The layer that a unit of layer i reads and that the page shows; -1 is the picture. */
  function sourceOf(network, i) {
    let source = i - 1;
    while (source >= 0 && ["crop", "flatten", "normalise"].includes(network.layers[source].kind)) {
      source--;
    }
    return source;
  }

  const outputOf = (network, result, i) => (i < 0 ? result.input : result.values[i]);
  const shapeOf = (network, i) => (i < 0 ? network.inputShape : network.layers[i].shape);

  function valueAt(network, result, i, { row, column, channel }) {
    const [, width, channels] = shapeOf(network, i);
    const values = outputOf(network, result, i);
    return channels === undefined ? values[channel] : values[(row * width + column) * channels + channel];
  }

  /** Every product that a unit adds up: its source unit, the value there, the weight. */
  function termsOf(network, result, i, unit) {
    const layer = network.layers[i];
    const source = sourceOf(network, i);
    const terms = [];
    if (layer.kind === "conv") {
      const [inputHeight, inputWidth, channels] = layer.inputShape;
      const filters = layer.shape[2];
      const input = outputOf(network, result, i - 1);
      const margin = i > 0 && network.layers[i - 1].kind === "crop" ? network.layers[i - 1].size : 0;
      for (let channel = 0; channel < channels; channel++) {
        for (let down = 0; down < layer.size; down++) {
          for (let right = 0; right < layer.size; right++) {
            const [row, column] = [unit.row + down, unit.column + right];
            const value = input[(row * inputWidth + column) * channels + channel];
            const weight =
              layer.weights.kernel[
                ((down * layer.size + right) * channels + channel) * filters + unit.channel
              ];
            terms.push({ row: row + margin, column: column + margin, channel, value, weight, product: value * weight });
          }
        }
      }
    } else if (layer.kind === "dense") {
      const input = outputOf(network, result, i - 1);
      const units = layer.shape[0];
      const [, width, channels] = shapeOf(network, source);
      for (let k = 0; k < input.length; k++) {
        const weight = layer.weights.kernel[k * units + unit.channel];
        const place = channels === undefined
          ? { row: 0, column: 0, channel: k }
          : { row: Math.floor(k / channels / width), column: Math.floor(k / channels) % width, channel: k % channels };
        terms.push({ ...place, value: input[k], weight, product: input[k] * weight });
      }
    } else if (layer.kind === "pool") {
      for (let down = 0; down < layer.size; down++) {
        for (let right = 0; right < layer.size; right++) {
          const place = { row: unit.row * layer.size + down, column: unit.column * layer.size + right, channel: unit.channel };
          terms.push({ ...place, value: valueAt(network, result, source, place) });
        }
      }
    } else {
      const place = { ...unit };
      terms.push({ ...place, value: valueAt(network, result, source, place) });
    }
    return { source, terms };
  }

  /** The term to step back to: the largest of a window, or what counts most, for or against. */
  function strongest(terms) {
    const size = (term) => Math.abs(term.product ?? term.value);
    const pooled = terms.every((term) => term.weight === undefined);
    return terms.reduce((best, term) =>
      (pooled ? term.value > best.value : size(term) > size(best)) ? term : best,
    );
  }

  function nameOf(network, i, unit) {
    if (i < 0) return `picture, row ${unit.row}, column ${unit.column}`;
    const layer = network.layers[i];
    if (layer.shape.length === 1) {
      return layer.activation === "softmax" ? `${layer.name}, digit ${cnnbook.network.className(unit.channel)}` : `${layer.name}, unit ${unit.channel}`;
    }
    return `${layer.name}, map ${unit.channel}, row ${unit.row}, column ${unit.column}`;
  }

  // ---- As a page shows it ----------------------------------------------------------------------

  /** A square grid of numbers. With `go`, each is a button that leads to its unit; `chosen` is framed. */
  function grid(title, terms, key, columns, scale, kind, go, chosen) {
    const cells = terms.map((term) => {
      const properties = { class: `cb-cell${term === chosen ? " cb-in" : ""}`, style: cellStyle(term[key], scale, kind) };
      if (!go) return element("span", properties, brief(term[key]));
      return element(
        "button",
        {
          ...properties,
          type: "button",
          onclick: () => go(term),
          "aria-label": `${show(term[key])}: go to row ${term.row}, column ${term.column}`,
        },
        brief(term[key]),
      );
    });
    return element(
      "div",
      { class: "cb-grid" },
      element("div", { class: "cb-grid-title" }, title),
      element("div", { class: "cb-cells", style: `--columns:${columns}` }, ...cells),
    );
  }

  const operator = (text) => element("div", { class: "cb-operator", "aria-hidden": "true" }, text);
  const sentence = (...parts) => element("p", { class: "cb-sum" }, ...parts);
  const strong = (text) => element("strong", {}, text);
  const signed = (value) => (value < 0 ? ` − ${show(-value)}` : ` + ${show(value)}`);

  function reluSentence(layer, sum, value) {
    if (layer.activation !== "relu") return null;
    return sentence(
      sum > 0 ? "ReLU keeps a positive number: " : sum < 0 ? "ReLU turns a negative number into zero: " : "ReLU leaves zero as it is: ",
      `max(0, ${show(sum)}) = `,
      strong(show(value)),
    );
  }

  function explainConvolution(network, result, i, unit, options) {
    const layer = network.layers[i];
    const { terms } = termsOf(network, result, i, unit);
    const square = layer.size ** 2;
    const channels = layer.inputShape[2];
    const sums = Array.from({ length: channels }, (_, channel) =>
      terms.slice(channel * square, (channel + 1) * square).reduce((total, t) => total + t.product, 0),
    );
    const total = sums.reduce((a, b) => a + b, 0);
    const bias = layer.weights.bias.length ? layer.weights.bias[unit.channel] : 0;
    const index = (unit.row * layer.shape[1] + unit.column) * layer.shape[2] + unit.channel;
    const parts = [];
    let chosen = 0;
    if (channels > 1) {
      chosen = options.channel ?? sums.reduce((best, sum, c) => (Math.abs(sum) > Math.abs(sums[best]) ? c : best), 0);
      const scale = largest(sums);
      parts.push(
        element("p", {}, `The window lies on the same ${layer.size} × ${layer.size} places of all ${channels} maps before. Each of these maps, or channels, gives ${square} products. Their sums, one a channel; touch one to see its products:`),
        element(
          "div",
          { class: "cb-cells cb-wrap", role: "group", "aria-label": "Sums of the channels" },
          ...sums.map((sum, channel) =>
            element(
              "button",
              {
                type: "button",
                class: "cb-cell",
                style: cellStyle(sum, scale),
                "aria-pressed": String(channel === chosen),
                "aria-label": `channel ${channel}: ${show(sum)}`,
                onclick: () => options.pick(channel),
              },
              brief(sum),
            ),
          ),
        ),
        element("p", {}, `Channel ${chosen}, every product:`),
      );
    } else {
      parts.push(element("p", {}, `Each of the ${square} pixels under the window, times the weight at its place in kernel ${unit.channel}:`));
    }
    const own = terms.slice(chosen * square, (chosen + 1) * square);
    const kernel = own.map((term) => term.weight);
    const products = own.map((term) => term.product);
    const values = own.map((term) => term.value);
    const ink = sourceOf(network, i) < 0;
    parts.push(
      element(
        "div",
        { class: "cb-arithmetic" },
        grid(ink ? "pixels" : `map ${chosen}`, own, "value", layer.size, largest(values), ink ? "ink" : "signed", options.go),
        operator("×"),
        grid("weights", own, "weight", layer.size, largest(kernel), "signed"),
        operator("="),
        grid("products", own, "product", layer.size, largest(products), "signed"),
      ),
      sentence(
        channels > 1 ? "Sum over all channels: " : "Sum of the products: ",
        show(total),
        layer.weights.bias.length ? `${signed(bias)} (the bias) = ${show(result.sums[i][index])}` : " (this layer has no bias)",
      ),
      reluSentence(layer, result.sums[i][index], result.values[i][index]),
    );
    return parts;
  }

  function explainPooling(network, result, i, unit, options) {
    const layer = network.layers[i];
    const { terms } = termsOf(network, result, i, unit);
    const best = strongest(terms);
    return [
      element("p", {}, `The ${terms.length} numbers of a ${layer.size} by ${layer.size} window of map ${unit.channel}:`),
      element(
        "div",
        { class: "cb-arithmetic" },
        grid("window", terms, "value", layer.size, largest(terms.map((t) => t.value)), "signed", options.go, best),
      ),
      sentence("The largest stays, the others are dropped: ", strong(show(best.value)),
        `, from row ${best.row}, column ${best.column}.`),
    ];
  }

  function contributions(network, source, terms, options, count) {
    const most = [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, count);
    const scale = Math.abs(most[0].product);
    const rows = most.map((term) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", class: "cb-contribution", onclick: () => options.go(term) },
          element("span", { class: "cb-from" }, nameOf(network, source, term)),
          element("span", { class: "cb-product" }, `${show(term.value)} × ${show(term.weight)} = ${show(term.product)}`),
          element("i", {
            "aria-hidden": "true",
            class: term.product < 0 ? "cb-minus" : "cb-plus",
            style: `width:${scale ? (100 * Math.abs(term.product)) / scale : 0}%`,
          }),
        ),
      ),
    );
    const shown = most.reduce((sum, term) => sum + term.product, 0);
    return { list: element("ol", { class: "cb-contributions" }, ...rows), shown, count: most.length };
  }

  function explainDense(network, result, i, unit, options) {
    const layer = network.layers[i];
    const { source, terms } = termsOf(network, result, i, unit);
    const bias = layer.weights.bias.length ? layer.weights.bias[unit.channel] : 0;
    const sum = result.sums[i][unit.channel];
    const { list, shown, count } = contributions(network, source, terms, options, 8);
    const active = terms.filter((term) => term.value !== 0).length;
    const parts = [
      element("p", {}, `This unit reads all ${terms.length.toLocaleString("en")} numbers of ${network.layers[source].name}, each with a weight of its own; ${active.toLocaleString("en")} are not zero. What counts most, for or against:`),
      list,
      sentence(`These ${count} give ${show(shown)}; all the others ${show(sum - bias - shown)}; the bias ${show(bias)}: together ${show(sum)}`),
      reluSentence(layer, sum, result.values[i][unit.channel]),
    ];
    if (layer.activation === "softmax") {
      const logits = Array.from(result.sums[i]);
      const most = Math.max(...logits);
      const powers = logits.map((logit) => Math.exp(logit - most));
      const total = powers.reduce((a, b) => a + b, 0);
      parts.push(
        element("p", {}, `Such a sum is a logit. Softmax subtracts the largest, ${show(most)}, from each of the ten, which changes no probability; takes e to the power of each; and divides by the sum of the ten powers.`),
        element(
          "div",
          { class: "cb-scroll", tabindex: "0", role: "group", "aria-label": "Softmax of the ten logits" },
          element(
            "table",
            { class: "cb-table" },
            element("thead", {}, element("tr", {}, ...["digit", "logit", "e^(logit − largest)", "over the sum"].map((t) => element("th", { scope: "col" }, t)))),
            element("tbody", {}, ...logits.map((logit, digit) =>
              element("tr", { class: digit === unit.channel ? "cb-chosen" : null },
                element("th", { scope: "row" }, cnnbook.network.className(digit)),
                element("td", {}, show(logit)),
                element("td", {}, show(powers[digit])),
                element("td", {}, percent(powers[digit] / total)),
              ))),
          ),
        ),
        sentence(`e^(${show(sum - most)}) / ${show(total)} = `, strong(percent(result.values[i][unit.channel]))),
      );
    }
    return parts;
  }

  function explainRelu(network, result, i, unit) {
    const layer = network.layers[i];
    const before = network.layers[i - 1];
    const { terms } = termsOf(network, result, i, unit);
    const index = (unit.row * layer.shape[1] + unit.column) * layer.shape[2] + unit.channel;
    const parts = [];
    if (before.kind === "normalise") {
      const { scale, shift } = before.weights;
      parts.push(sentence(
        `Batch normalisation scales and shifts each map: ${show(scale[unit.channel])} × ${show(terms[0].value)}${signed(shift[unit.channel])} = ${show(result.sums[i][index])}`,
      ));
    }
    parts.push(reluSentence(layer, result.sums[i][index], result.values[i][index]));
    return parts;
  }

  /** The paragraphs, grids and lists that explain a unit; the picture has a sentence. */
  function explain(network, result, i, unit, options) {
    if (i < 0) {
      return [sentence("A pixel of the picture: ", strong(show(valueAt(network, result, i, unit))),
        ", from 0 for paper to 1 for ink. The outline on the drawing shows where it comes from.")];
    }
    const { kind } = network.layers[i];
    const how = { conv: explainConvolution, pool: explainPooling, dense: explainDense, relu: explainRelu }[kind];
    return how(network, result, i, unit, options).filter(Boolean);
  }

  cnnbook.explain = { explain, grid, nameOf, operator, shapeOf, sourceOf, strongest, termsOf, valueAt };
})();
