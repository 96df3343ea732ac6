// The forward pass of the book's networks, in plain loops, and the gradient with respect to the
// picture. The chapters on convolution, pooling, architecture and learning explain each step.
//
// A picture is an array of numbers in rows: the value of channel c at (row, column) stands at
// (row * width + column) * channels + c, as Keras flattens (height, width, channels).
// Runs in a browser (as globalThis.cnnbook.network) and in Node (by require).
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});

  // ---- Weights ---------------------------------------------------------------------------------

  /** A 16-bit float as a number: one bit of sign, five of exponent, ten of fraction. */
  function halfToNumber(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  }

  function bytesFromBase64(text) {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  }

  /** The sizes of a layer's weight arrays, in the order in which they are stored. */
  function weightSizes(layer) {
    const outputs = layer.shape[layer.shape.length - 1];
    const inputs = layer.inputShape[layer.inputShape.length - 1];
    if (layer.kind === "conv") {
      return { kernel: layer.size ** 2 * inputs * outputs, bias: layer.bias ? outputs : 0 };
    }
    if (layer.kind === "dense") return { kernel: inputs * outputs, bias: layer.bias ? outputs : 0 };
    if (layer.kind === "normalise") return { scale: outputs, shift: outputs };
    return {};
  }

  /**
   * Build a network from a description that cnnbook.export (Python) wrote.
   * `fill(array, name, layer)` may write the weights; without it they come from the description.
   */
  function build(description, fill) {
    const bytes = fill ? null : bytesFromBase64(description.weights);
    let position = 0;
    let inputShape = description.input;
    const layers = description.layers.map((written) => {
      const layer = { ...written, inputShape, weights: {} };
      for (const [name, size] of Object.entries(weightSizes(layer))) {
        const array = new Float32Array(size);
        if (fill) fill(array, name, layer);
        else {
          for (let i = 0; i < size; i++, position += 2) {
            array[i] = halfToNumber(bytes[position] | (bytes[position + 1] << 8));
          }
        }
        layer.weights[name] = array;
      }
      inputShape = layer.shape;
      return layer;
    });
    return { name: description.name, inputShape: description.input, layers };
  }

  /** Random numbers from 0 to 1, the same ones for the same seed (mulberry32). */
  function randomNumbers(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  /** The same layers before any training: kernels drawn as Keras draws them, biases zero. */
  function buildRandom(description, seed) {
    const random = randomNumbers(seed);
    return build(description, (array, name, layer) => {
      if (name !== "kernel") return array.fill(name === "scale" ? 1 : 0);
      const window = layer.kind === "conv" ? layer.size ** 2 : 1;
      const ends = layer.inputShape[layer.inputShape.length - 1] + layer.shape[layer.shape.length - 1];
      const limit = Math.sqrt(6 / (window * ends)); // Glorot and Bengio (2010)
      for (let i = 0; i < array.length; i++) array[i] = (2 * random() - 1) * limit;
    });
  }

  // ---- Forward, layer by layer -----------------------------------------------------------------

  /**
   * Each filter's dot product with the window at each place, plus the filter's bias.
   *
   * The window's values that are not zero are collected first: paper, and what a ReLU cut off, add
   * nothing. Four filters at a time go over them, since reading a value costs as much as using it.
   */
  function convolve(input, layer) {
    const [height, width, filters] = layer.shape;
    const [, inputWidth, channels] = layer.inputShape;
    const { kernel } = layer.weights;
    const bias = layer.weights.bias.length ? layer.weights.bias : new Float32Array(filters);
    const output = new Float32Array(height * width * filters);
    const values = new Float64Array(layer.size * layer.size * channels);
    const weights = new Int32Array(values.length); // where in the kernel the weights of a value begin
    const fours = filters - (filters % 4);
    for (let row = 0, start = 0; row < height; row++) {
      for (let column = 0; column < width; column++, start += filters) {
        let count = 0;
        let weight = 0; // the kernel is stored as (row, column, channel, filter)
        for (let down = 0; down < layer.size; down++) {
          let place = ((row + down) * inputWidth + column) * channels;
          for (let step = layer.size * channels; step > 0; step--, place++, weight += filters) {
            if (input[place] === 0) continue;
            values[count] = input[place];
            weights[count++] = weight;
          }
        }
        for (let filter = 0; filter < fours; filter += 4) {
          let [a, b, c, d] = [bias[filter], bias[filter + 1], bias[filter + 2], bias[filter + 3]];
          for (let k = 0; k < count; k++) {
            const value = values[k];
            const at = weights[k] + filter;
            a += value * kernel[at];
            b += value * kernel[at + 1];
            c += value * kernel[at + 2];
            d += value * kernel[at + 3];
          }
          output[start + filter] = a;
          output[start + filter + 1] = b;
          output[start + filter + 2] = c;
          output[start + filter + 3] = d;
        }
        for (let filter = fours; filter < filters; filter++) {
          let sum = bias[filter];
          for (let k = 0; k < count; k++) sum += values[k] * kernel[weights[k] + filter];
          output[start + filter] = sum;
        }
      }
    }
    return output;
  }

  /** The largest value of each window, and where it stood: the first, if there are several. */
  function maxPool(input, layer) {
    const [height, width, channels] = layer.shape;
    const inputWidth = layer.inputShape[1];
    const output = new Float32Array(height * width * channels);
    const places = new Int32Array(output.length);
    for (let row = 0, i = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        for (let channel = 0; channel < channels; channel++, i++) {
          let best = -1;
          for (let down = 0; down < layer.size; down++) {
            for (let right = 0; right < layer.size; right++) {
              const place =
                ((row * layer.size + down) * inputWidth + column * layer.size + right) * channels +
                channel;
              if (best < 0 || input[place] > input[best]) best = place;
            }
          }
          output[i] = input[best];
          places[i] = best;
        }
      }
    }
    return { output, places };
  }

  /** Each unit's dot product with the whole vector, plus the unit's bias. */
  function multiply(input, layer) {
    const units = layer.shape[0];
    const { kernel, bias } = layer.weights;
    const sums = new Float64Array(units);
    if (bias.length) sums.set(bias);
    for (let i = 0; i < input.length; i++) {
      const value = input[i];
      if (value === 0) continue;
      const weight = i * units; // the kernel is stored as (input, unit)
      for (let unit = 0; unit < units; unit++) sums[unit] += value * kernel[weight + unit];
    }
    return Float32Array.from(sums);
  }

  /** Cut the same margin off all four sides. */
  function crop(input, layer) {
    const [height, width, channels] = layer.shape;
    const output = new Float32Array(height * width * channels);
    for (let row = 0; row < height; row++) {
      const start = ((row + layer.size) * layer.inputShape[1] + layer.size) * channels;
      output.set(input.subarray(start, start + width * channels), row * width * channels);
    }
    return output;
  }

  /** Batch normalisation after training: one scale and one shift for each channel. */
  function normalise(input, layer) {
    const { scale, shift } = layer.weights;
    return input.map((value, i) => value * scale[i % scale.length] + shift[i % scale.length]);
  }

  /** What is above zero; zeros stay where the new array has them. */
  function relu(sums) {
    const output = new Float32Array(sums.length);
    for (let i = 0; i < sums.length; i++) if (sums[i] > 0) output[i] = sums[i];
    return output;
  }

  /** exp(z) over its sum. Taking the largest z off first changes nothing and avoids overflow. */
  function softmax(logits) {
    const largest = Math.max(...logits);
    const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return Float32Array.from(powers, (power) => power / sum);
  }

  /**
   * Run a network on one picture.
   * Returns {input, values, sums, places}: what each layer gives, what it gives before its ReLU or
   * softmax, and where each maximum came from; one entry a layer.
   */
  function run(network, pixels) {
    let value = Float32Array.from(pixels);
    const result = { input: value, values: [], sums: [], places: [] };
    for (const layer of network.layers) {
      let places = null;
      let sums = value;
      if (layer.kind === "conv") sums = convolve(value, layer);
      else if (layer.kind === "dense") sums = multiply(value, layer);
      else if (layer.kind === "normalise") sums = normalise(value, layer);
      else if (layer.kind === "crop") sums = crop(value, layer);
      else if (layer.kind === "pool") ({ output: sums, places } = maxPool(value, layer));
      value = sums; // flatten changes the shape alone
      if (layer.activation === "relu") value = relu(sums);
      if (layer.activation === "softmax") value = softmax(sums);
      result.values.push(value);
      result.sums.push(sums);
      result.places.push(places);
    }
    return result;
  }

  const last = (list) => list[list.length - 1];

  /** The names of the classes, where the book was made with other data than MNIST's digits. */
  const otherClasses = () => cnnbook.published?.article?.classes;
  const className = (number) => otherClasses()?.[number] ?? String(number);

  /** The digit with the largest probability. */
  function answer(result) {
    const probabilities = last(result.values);
    return probabilities.indexOf(Math.max(...probabilities));
  }

  // ---- Backward, to the picture ----------------------------------------------------------------

  /** Carry a gradient through a convolution or dense layer to the layer's input. */
  function convolveBack(upstream, layer) {
    const [height, width, filters] = layer.shape;
    const [inputHeight, inputWidth, channels] = layer.inputShape;
    const { kernel } = layer.weights;
    const gradient = new Float32Array(inputHeight * inputWidth * channels);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const start = (row * width + column) * filters;
        const active = [];
        for (let filter = 0; filter < filters; filter++) {
          if (upstream[start + filter] !== 0) active.push(filter);
        }
        let weight = 0;
        for (let down = 0; down < layer.size; down++) {
          let place = ((row + down) * inputWidth + column) * channels;
          for (let step = layer.size * channels; step > 0; step--, place++, weight += filters) {
            let sum = 0;
            for (const filter of active) sum += upstream[start + filter] * kernel[weight + filter];
            gradient[place] += sum;
          }
        }
      }
    }
    return gradient;
  }

  function multiplyBack(upstream, layer) {
    const units = layer.shape[0];
    const { kernel } = layer.weights;
    const gradient = new Float32Array(layer.inputShape[0]);
    for (let i = 0; i < gradient.length; i++) {
      let sum = 0;
      for (let unit = 0; unit < units; unit++) sum += upstream[unit] * kernel[i * units + unit];
      gradient[i] = sum;
    }
    return gradient;
  }

  function cropBack(upstream, layer) {
    const [height, width, channels] = layer.shape;
    const gradient = new Float32Array(layer.inputShape.reduce((a, b) => a * b));
    for (let row = 0; row < height; row++) {
      const start = ((row + layer.size) * layer.inputShape[1] + layer.size) * channels;
      gradient.set(
        upstream.subarray(row * width * channels, (row + 1) * width * channels),
        start,
      );
    }
    return gradient;
  }

  /** How a weighted sum of the logits changes with each pixel; `weights` has one number a logit. */
  function inputGradient(network, result, weights) {
    let gradient = Float32Array.from(weights);
    for (let i = network.layers.length - 1; i >= 0; i--) {
      const layer = network.layers[i];
      if (layer.activation === "relu") {
        const sums = result.sums[i];
        gradient = gradient.map((value, j) => (sums[j] > 0 ? value : 0));
      }
      if (layer.kind === "conv") gradient = convolveBack(gradient, layer);
      else if (layer.kind === "dense") gradient = multiplyBack(gradient, layer);
      else if (layer.kind === "crop") gradient = cropBack(gradient, layer);
      else if (layer.kind === "normalise") {
        const { scale } = layer.weights;
        gradient = gradient.map((value, j) => value * scale[j % scale.length]);
      } else if (layer.kind === "pool") {
        const upstream = gradient;
        gradient = new Float32Array(layer.inputShape.reduce((a, b) => a * b));
        for (let j = 0; j < upstream.length; j++) gradient[result.places[i][j]] += upstream[j];
      }
    }
    return gradient;
  }

  // ---- Who saw what ----------------------------------------------------------------------------

  /**
   * Which part of an earlier layer a unit sees. `to` is the index of that layer, -1 the picture.
   * Returns {top, left, bottom, right}, bottom and right included.
   */
  function receptiveField(network, from, row, column, to) {
    let field = { top: row, left: column, bottom: row, right: column };
    for (let i = from; i > to; i--) {
      const { kind, size, inputShape } = network.layers[i];
      if (kind === "conv") {
        field = { ...field, bottom: field.bottom + size - 1, right: field.right + size - 1 };
      } else if (kind === "pool") {
        field = {
          top: field.top * size,
          left: field.left * size,
          bottom: field.bottom * size + size - 1,
          right: field.right * size + size - 1,
        };
      } else if (kind === "crop") {
        for (const side of Object.keys(field)) field[side] += size;
      } else if ((kind === "dense" || kind === "flatten") && inputShape.length === 3) {
        field = { top: 0, left: 0, bottom: inputShape[0] - 1, right: inputShape[1] - 1 };
      } else if (kind === "dense") {
        field = { top: 0, left: 0, bottom: 0, right: inputShape[0] - 1 };
      }
    }
    return field;
  }

  // ---- The fixed interface ---------------------------------------------------------------------

  const built = new Map();

  /** A published network by its name ("article" or "fast"), built once. */
  function published(name) {
    if (!built.has(name)) {
      const description = (cnnbook.published || {})[name];
      if (!description) throw new Error(`There is no network "${name}" in this page.`);
      built.set(name, build(description));
    }
    return built.get(name);
  }

  /**
   * What a network makes of as many pixels as it reads (784), from 0 to 1, row by row:
   * {logits, probabilities, activations}; activations maps each Keras layer's name to
   * {shape, data}.
   */
  function predict(pixels, name = "article") {
    const network = published(name);
    const size = network.inputShape.reduce((a, b) => a * b);
    if (!pixels || pixels.length !== size) {
      throw new RangeError(`pixels must hold ${size} numbers, got ${pixels && pixels.length}.`);
    }
    const result = run(network, pixels);
    const activations = {};
    network.layers.forEach((layer, i) => {
      activations[layer.name] = { shape: layer.shape, data: result.values[i] };
    });
    return {
      logits: Array.from(last(result.sums)),
      probabilities: Array.from(last(result.values)),
      activations,
    };
  }

  cnnbook.predict = predict;
  cnnbook.network = {
    answer,
    build,
    buildRandom,
    bytesFromBase64,
    className,
    inputGradient,
    otherClasses,
    published,
    randomNumbers,
    receptiveField,
    run,
    softmax,
  };
  if (typeof module !== "undefined") module.exports = cnnbook;
})();
