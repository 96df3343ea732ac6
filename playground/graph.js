// The forward pass of a stored network whose layers are joined in any way: branches that meet again,
// several inputs and outputs, maps that become smaller and larger.
//
// A value is {shape, data}: the shape without the batch, the channels last, as in Keras. A sound or
// a word is a picture one row high: (1, time, channels). `_ext/stored.py` writes the descriptions.
// Runs in a browser (as globalThis.cnnbook.graph) and in Node (by require).
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});
  const here = typeof document === "undefined" ? null : document.currentScript;

  const sizeOf = (shape) => shape.reduce((size, side) => size * side, 1);
  const last = (list) => list[list.length - 1];

  // ---- Weights ---------------------------------------------------------------------------------

  function bytesFromBase64(text) {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  }

  /**
   * Build a network from a description: {inputs, outputs, nodes, weights}.
   *
   * `weights` is base64 of all arrays, one after the other. An array with `scaled` has a byte a
   * weight, from -127 to 127, after one 32-bit scale for each of its last axis; others have 32 bits.
   */
  function build(description) {
    const bytes = bytesFromBase64(description.weights);
    const view = new DataView(bytes.buffer);
    let position = 0;
    const floats = (count) => {
      const array = new Float32Array(count);
      for (let i = 0; i < count; i++, position += 4) array[i] = view.getFloat32(position, true);
      return array;
    };
    function arrayOf({ shape, scaled }) {
      if (!scaled) return floats(sizeOf(shape));
      const scales = floats(last(shape));
      const array = new Float32Array(sizeOf(shape));
      for (let i = 0; i < array.length; i++) array[i] = view.getInt8(position++) * scales[i % scales.length];
      return array;
    }
    const nodes = description.nodes.map((written) => {
      const node = { ...written };
      for (const [name, array] of Object.entries(written.arrays || {})) node[name] = arrayOf(array);
      if (node.kind === "conv") node.packed = pack(node.kernel, last(node.arrays.kernel.shape));
      return node;
    });
    return { ...description, nodes, weights: null };
  }

  // ---- What the nodes compute ------------------------------------------------------------------

  /** Places of a window along an axis, and where the first begins: Keras's "same" and "valid". */
  function windows(size, window, stride, padding) {
    if (padding === "valid") return [Math.max(0, Math.floor((size - window) / stride) + 1), 0];
    const count = Math.ceil(size / stride);
    return [count, -Math.floor(Math.max((count - 1) * stride + window - size, 0) / 2)];
  }

  const BLOCK = 8; // filters that go over a window's values together: reading one costs as much as using it

  /** Order a kernel (rows, columns, channels, filters) by blocks of filters, the last filled with 0. */
  function pack(kernel, filters) {
    const places = kernel.length / filters;
    const packed = new Float32Array(places * Math.ceil(filters / BLOCK) * BLOCK);
    for (let filter = 0; filter < filters; filter++) {
      const start = (filter - (filter % BLOCK)) * places + (filter % BLOCK);
      for (let place = 0; place < places; place++) packed[start + place * BLOCK] = kernel[place * filters + filter];
    }
    return packed;
  }

  /** Cross-correlation: each filter's dot product with the window at each place. */
  function conv(node, [input]) {
    const [height, width, channels] = input.shape;
    const [high, wide, , filters] = node.arrays.kernel.shape;
    const [rows, top] = windows(height, high, node.strides[0], node.padding);
    const [columns, left] = windows(width, wide, node.strides[1], node.padding);
    const { packed, bias } = node;
    const { data } = input;
    const places = high * wide * channels;
    const output = new Float32Array(rows * columns * filters);
    const values = new Float64Array(places); // those that are not 0: what a ReLU cut off adds nothing
    const weights = new Int32Array(places); // where in a block of filters the weights of a value begin
    for (let row = 0, start = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, start += filters) {
        let count = 0;
        for (let down = 0; down < high; down++) {
          const r = row * node.strides[0] + top + down;
          if (r < 0 || r >= height) continue;
          for (let right = 0; right < wide; right++) {
            const c = column * node.strides[1] + left + right;
            if (c < 0 || c >= width) continue;
            let place = (r * width + c) * channels;
            let weight = (down * wide + right) * channels * BLOCK;
            for (const end = place + channels; place < end; place++, weight += BLOCK) {
              const value = data[place];
              if (value === 0) continue;
              values[count] = value;
              weights[count++] = weight;
            }
          }
        }
        for (let filter = 0, block = 0; filter < filters; filter += BLOCK, block += places * BLOCK) {
          let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
          for (let k = 0; k < count; k++) {
            const value = values[k];
            const at = block + weights[k];
            s0 += value * packed[at];
            s1 += value * packed[at + 1];
            s2 += value * packed[at + 2];
            s3 += value * packed[at + 3];
            s4 += value * packed[at + 4];
            s5 += value * packed[at + 5];
            s6 += value * packed[at + 6];
            s7 += value * packed[at + 7];
          }
          const to = start + filter; // what is written past the last filter is written over by the next place
          output[to] = s0;
          output[to + 1] = s1;
          output[to + 2] = s2;
          output[to + 3] = s3;
          output[to + 4] = s4;
          output[to + 5] = s5;
          output[to + 6] = s6;
          output[to + 7] = s7;
        }
      }
    }
    if (bias) for (let i = 0; i < output.length; ) for (let k = 0; k < filters; k++, i++) output[i] += bias[k];
    return { shape: [rows, columns, filters], data: output };
  }

  /** A kernel for each channel of its own, which sees no other channel. */
  function depthwise(node, [input]) {
    const [height, width, channels] = input.shape;
    const [high, wide] = node.arrays.kernel.shape;
    const [rows, top] = windows(height, high, node.strides[0], node.padding);
    const [columns, left] = windows(width, wide, node.strides[1], node.padding);
    const { kernel, bias } = node;
    const output = new Float32Array(rows * columns * channels);
    const sums = new Float64Array(channels);
    for (let row = 0, start = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, start += channels) {
        if (bias) sums.set(bias);
        else sums.fill(0);
        for (let down = 0; down < high; down++) {
          const r = row * node.strides[0] + top + down;
          if (r < 0 || r >= height) continue;
          for (let right = 0; right < wide; right++) {
            const c = column * node.strides[1] + left + right;
            if (c < 0 || c >= width) continue;
            const place = (r * width + c) * channels;
            const weight = (down * wide + right) * channels;
            for (let k = 0; k < channels; k++) sums[k] += input.data[place + k] * kernel[weight + k];
          }
        }
        output.set(sums, start);
      }
    }
    return { shape: [rows, columns, channels], data: output };
  }

  /** Each value lays its kernel, times itself, over the larger map; what overlaps is added. */
  function transpose(node, [input]) {
    const [height, width, channels] = input.shape;
    const [high, wide, , filters] = node.arrays.kernel.shape; // (rows, columns, channels, filters)
    const [down, right] = node.strides;
    const same = node.padding === "same";
    const [rows, columns] = same
      ? [height * down, width * right]
      : [height * down + Math.max(high - down, 0), width * right + Math.max(wide - right, 0)];
    const top = same ? windows(rows, high, down, "same")[1] : 0;
    const left = same ? windows(columns, wide, right, "same")[1] : 0;
    const { kernel, bias } = node;
    const output = new Float64Array(rows * columns * filters);
    for (let row = 0, from = 0; row < height; row++) {
      for (let column = 0; column < width; column++, from += channels) {
        for (let i = 0; i < high; i++) {
          const r = row * down + top + i;
          if (r < 0 || r >= rows) continue;
          for (let j = 0; j < wide; j++) {
            const c = column * right + left + j;
            if (c < 0 || c >= columns) continue;
            const place = (r * columns + c) * filters;
            let weight = (i * wide + j) * channels * filters;
            for (let k = 0; k < channels; k++, weight += filters) {
              const value = input.data[from + k];
              if (value === 0) continue;
              for (let filter = 0; filter < filters; filter++) output[place + filter] += value * kernel[weight + filter];
            }
          }
        }
      }
    }
    if (bias) for (let i = 0; i < output.length; i++) output[i] += bias[i % filters];
    return { shape: [rows, columns, filters], data: Float32Array.from(output) };
  }

  /** The largest value, or the mean of what lies inside, of each window. */
  function pool(node, [input]) {
    const [height, width, channels] = input.shape;
    const [high, wide] = node.size;
    const [rows, top] = windows(height, high, node.strides[0], node.padding);
    const [columns, left] = windows(width, wide, node.strides[1], node.padding);
    const mean = node.mean;
    const output = new Float32Array(rows * columns * channels);
    for (let row = 0, i = 0; row < rows; row++) {
      const [first, end] = [Math.max(0, row * node.strides[0] + top), Math.min(height, row * node.strides[0] + top + high)];
      for (let column = 0; column < columns; column++) {
        const [near, far] = [Math.max(0, column * node.strides[1] + left), Math.min(width, column * node.strides[1] + left + wide)];
        for (let channel = 0; channel < channels; channel++, i++) {
          let result = mean ? 0 : -Infinity;
          for (let r = first; r < end; r++) {
            for (let c = near; c < far; c++) {
              const value = input.data[(r * width + c) * channels + channel];
              if (mean) result += value;
              else if (value > result) result = value;
            }
          }
          output[i] = mean ? result / ((end - first) * (far - near)) : result;
        }
      }
    }
    return { shape: [rows, columns, channels], data: output };
  }

  /** The largest value, or the mean, of each whole map. */
  function overall(node, [input]) {
    const channels = last(input.shape);
    const results = new Float64Array(channels).fill(node.mean ? 0 : -Infinity);
    for (let i = 0; i < input.data.length; i++) {
      const channel = i % channels;
      if (node.mean) results[channel] += input.data[i];
      else if (input.data[i] > results[channel]) results[channel] = input.data[i];
    }
    const count = node.mean ? input.data.length / channels : 1;
    return { shape: [channels], data: Float32Array.from(results, (value) => value / count) };
  }

  /** Each unit's dot product with the last axis. */
  function dense(node, [input]) {
    const [inputs, units] = node.arrays.kernel.shape;
    const { kernel, bias } = node;
    const output = new Float32Array((input.data.length / inputs) * units);
    const sums = new Float64Array(units);
    for (let row = 0; row * inputs < input.data.length; row++) {
      if (bias) sums.set(bias);
      else sums.fill(0);
      for (let i = 0; i < inputs; i++) {
        const value = input.data[row * inputs + i];
        if (value === 0) continue;
        for (let unit = 0, weight = i * units; unit < units; unit++) sums[unit] += value * kernel[weight + unit];
      }
      output.set(sums, row * units);
    }
    return { shape: [...input.shape.slice(0, -1), units], data: output };
  }

  /** Repeat each value (nearest) or go evenly from one to the next (bilinear). */
  function upsample(node, [input]) {
    const [height, width, channels] = input.shape;
    const [rows, columns] = [height * node.size[0], width * node.size[1]];
    const output = new Float32Array(rows * columns * channels);
    const linear = node.interpolation === "bilinear";
    const between = (place, size, side) => {
      const at = linear ? Math.min(Math.max((place + 0.5) / size - 0.5, 0), side - 1) : Math.floor(place / size);
      const low = Math.floor(at);
      return [low, Math.min(low + 1, side - 1), at - low];
    };
    for (let row = 0, i = 0; row < rows; row++) {
      const [up, down, y] = between(row, node.size[0], height);
      for (let column = 0; column < columns; column++) {
        const [left, right, x] = between(column, node.size[1], width);
        for (let channel = 0; channel < channels; channel++, i++) {
          const value = (r, c) => input.data[(r * width + c) * channels + channel];
          output[i] = linear
            ? (1 - y) * ((1 - x) * value(up, left) + x * value(up, right)) +
              y * ((1 - x) * value(down, left) + x * value(down, right))
            : value(up, left);
        }
      }
    }
    return { shape: [rows, columns, channels], data: output };
  }

  /** Put the channels of several values behind each other. */
  function concatenate(node, inputs) {
    const widths = inputs.map(({ shape }) => last(shape));
    const channels = widths.reduce((sum, width) => sum + width, 0);
    const places = inputs[0].data.length / widths[0];
    const output = new Float32Array(places * channels);
    let start = 0;
    inputs.forEach(({ data }, number) => {
      const width = widths[number];
      for (let place = 0; place < places; place++) {
        output.set(data.subarray(place * width, (place + 1) * width), place * channels + start);
      }
      start += width;
    });
    return { shape: [...inputs[0].shape.slice(0, -1), channels], data: output };
  }

  const COMBINE = { add: (a, b) => a + b, subtract: (a, b) => a - b, multiply: (a, b) => a * b };

  /** Combine two values; an axis of 1, or one that is missing in front, goes with any side. */
  function combineTwo(combine, a, b) {
    const rank = Math.max(a.shape.length, b.shape.length);
    const full = ({ shape }) => [...Array(rank - shape.length).fill(1), ...shape];
    const [one, two] = [full(a), full(b)];
    const shape = one.map((side, axis) => Math.max(side, two[axis]));
    const output = new Float32Array(sizeOf(shape));
    if (a.data.length === output.length && b.data.length === output.length) {
      for (let i = 0; i < output.length; i++) output[i] = combine(a.data[i], b.data[i]);
      return { shape, data: output };
    }
    for (let i = 0; i < output.length; i++) {
      let [rest, placeA, placeB, stepA, stepB] = [i, 0, 0, 1, 1];
      for (let axis = rank - 1; axis >= 0; axis--) {
        const at = rest % shape[axis];
        rest = (rest - at) / shape[axis];
        if (one[axis] > 1) placeA += at * stepA;
        if (two[axis] > 1) placeB += at * stepB;
        stepA *= one[axis];
        stepB *= two[axis];
      }
      output[i] = combine(a.data[placeA], b.data[placeB]);
    }
    return { shape, data: output };
  }

  const combine = (node, inputs) => inputs.reduce((a, b) => combineTwo(COMBINE[node.kind], a, b));

  /** A number a channel times the value, plus another: batch normalisation after training. */
  function normalise({ scale, shift }, [{ shape, data }]) {
    return { shape, data: data.map((value, i) => value * scale[i % scale.length] + shift[i % scale.length]) };
  }

  function slice({ start, stop }, [{ shape, data }]) {
    const channels = last(shape);
    const width = Math.min(stop ?? channels, channels) - start;
    const output = new Float32Array((data.length / channels) * width);
    for (let i = 0; i < output.length; i++) output[i] = data[Math.floor(i / width) * channels + start + (i % width)];
    return { shape: [...shape.slice(0, -1), width], data: output };
  }

  /** Cut rows and columns off the sides, or set zeros there: `sides` are top, bottom, left, right. */
  function frame({ sides: [top, bottom, left, right] }, [{ shape, data }]) {
    const [height, width, channels] = shape;
    const [rows, columns] = [height + top + bottom, width + left + right];
    const output = new Float32Array(rows * columns * channels);
    for (let row = Math.max(0, -top); row < Math.min(height, rows - top); row++) {
      const [first, end] = [Math.max(0, -left), Math.min(width, columns - left)];
      const from = data.subarray((row * width + first) * channels, (row * width + end) * channels);
      output.set(from, ((row + top) * columns + first + left) * channels);
    }
    return { shape: [rows, columns, channels], data: output };
  }

  function embedding({ table, arrays }, [{ shape, data }]) {
    const width = arrays.table.shape[1];
    const output = new Float32Array(data.length * width);
    data.forEach((row, i) => output.set(table.subarray(row * width, (row + 1) * width), i * width));
    return { shape: [...shape, width], data: output };
  }

  /** exp(z) over its sum, along the last axis. */
  function softmax({ shape, data }) {
    const classes = last(shape);
    const output = new Float32Array(data.length);
    for (let start = 0; start < data.length; start += classes) {
      let [largest, sum] = [-Infinity, 0];
      for (let i = start; i < start + classes; i++) largest = Math.max(largest, data[i]);
      for (let i = start; i < start + classes; i++) sum += Math.exp(data[i] - largest);
      for (let i = start; i < start + classes; i++) output[i] = Math.exp(data[i] - largest) / sum;
    }
    return { shape, data: output };
  }

  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const ACTIVATIONS = {
    relu: (z) => (z > 0 ? z : 0),
    silu: (z) => z * sigmoid(z),
    sigmoid,
    tanh: Math.tanh,
    sin: Math.sin,
    cos: Math.cos,
    exp: Math.exp,
  };

  function activate(value, name) {
    if (!name || name === "linear") return value;
    if (name === "softmax") return softmax(value);
    const { data } = value;
    const [of, output] = [ACTIVATIONS[name], new Float32Array(data.length)];
    for (let i = 0; i < data.length; i++) output[i] = of(data[i]);
    return { shape: value.shape, data: output };
  }

  const KINDS = {
    conv, depthwise, transpose, pool, overall, dense, upsample, concatenate, normalise, slice, frame, embedding,
    add: combine, subtract: combine, multiply: combine,
    activation: (node, [input]) => input,
    reshape: ({ shape }, [{ data }]) => ({ shape: shape || [data.length], data }),
  };

  /** Compute one node after the other; what each step yields is of no use, the last returns all. */
  function* steps(network, inputs, also) {
    const single = network.inputs.length === 1 && !(network.inputs[0].name in inputs);
    const values = network.inputs.map(({ name, shape }) => {
      const given = single ? inputs : inputs[name];
      const value = { shape: given?.shape ?? shape, data: Float32Array.from(given?.data ?? given ?? []) };
      const wanted = shape.map((side, axis) => side ?? value.shape[axis]);
      if (value.data.length !== sizeOf(wanted)) {
        throw new RangeError(`${name} must hold ${shape.join(" x ") || 1} numbers, got ${value.data.length}.`);
      }
      return { shape: wanted, data: value.data };
    });
    const named = {};
    for (const node of network.nodes) {
      const from = node.from.map((source) => (typeof source === "number" ? values[source] : constant(source)));
      const value = activate(KINDS[node.kind](node, from), node.activation);
      values.push(value);
      named[node.name] = value;
      yield;
    }
    const wanted = Object.entries(network.outputs).map(([name, number]) => [name, values[number]]);
    return { ...Object.fromEntries(also.map((name) => [name, named[name]])), ...Object.fromEntries(wanted) };
  }

  /**
   * Run a network.
   *
   * `inputs` has a value a name, {shape, data}, or plain numbers in the input's own shape; a network
   * of one input takes that one too. Returns the values of the outputs by name; of more nodes, if
   * their names are in `also`.
   */
  function run(network, inputs, also = []) {
    const left = steps(network, inputs, also);
    for (;;) {
      const { done, value } = left.next();
      if (done) return value;
    }
  }

  const PAUSE = 12; // milliseconds after which the page may do something else

  /** Run a network while the page goes on; the promise gives null once `stop()` says so. */
  async function runInSteps(network, inputs, { also = [], stop = () => false } = {}) {
    const left = steps(network, inputs, also);
    let since = performance.now();
    for (;;) {
      const { done, value } = left.next();
      if (stop()) return null;
      if (done) return value;
      if (performance.now() - since > PAUSE) {
        await new Promise((resume) => setTimeout(resume));
        since = performance.now();
      }
    }
  }

  const constant = ({ shape, values }) => ({ shape, data: Float32Array.from(values) });

  /** The place of the largest of `count` numbers from `start` on: the first, if there are several. */
  function largestOf(data, start = 0, count = data.length) {
    let best = start;
    for (let i = start + 1; i < start + count; i++) if (data[i] > data[best]) best = i;
    return best - start;
  }

  // ---- Stored networks -------------------------------------------------------------------------

  const loading = {};

  /**
   * What stands in `stored-<name>.js` beside this script, as a promise: it is loaded when it is first
   * asked for. A script element works from file:// too. A description of a network is built.
   */
  function load(name) {
    loading[name] ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`stored-${name}.js`, here.src).href;
      script.addEventListener("load", () => {
        const found = cnnbook.stored?.[name];
        if (!found) return reject(new Error(`There is nothing in ${script.src}.`));
        resolve(found.nodes ? build(found) : found);
      });
      script.addEventListener("error", () => {
        delete loading[name]; // the reader may try again
        reject(new Error(`${script.src} could not be loaded.`));
      });
      document.head.append(script);
    });
    return loading[name];
  }

  cnnbook.graph = { build, bytesFromBase64, largestOf, load, run, runInSteps, sigmoid, softmax };
  if (typeof module !== "undefined") module.exports = cnnbook;
})();
