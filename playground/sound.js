// Sounds in the page: play them, and draw their power by frequency and time.
"use strict";
(() => {
  const cnnbook = (globalThis.cnnbook = globalThis.cnnbook || {});

  const powerOf = (sound) => sound.reduce((sum, value) => sum + value * value, 0) / (sound.length || 1);

  /** Normal random numbers of power 1 on average: noise with the same power at all frequencies. */
  function white(count, random) {
    return Float32Array.from({ length: count }, () =>
      Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  }

  /** Real and imaginary part of the sums of each frame under a Hann window, for the first `bins`. */
  function spectrogram(sound, { frame = 256, hop = 64, bins = frame / 4, periodic = true } = {}) {
    const [cos, sin] = [new Float64Array(frame), new Float64Array(frame)];
    const around = periodic ? frame : frame - 1;
    const hann = Float64Array.from(cos, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / around));
    for (let i = 0; i < frame; i++) {
      cos[i] = Math.cos((2 * Math.PI * i) / frame);
      sin[i] = Math.sin((2 * Math.PI * i) / frame);
    }
    const frames = Math.max(0, Math.floor((sound.length - frame) / hop) + 1);
    const power = new Float32Array(frames * bins);
    const cut = new Float64Array(frame);
    for (let t = 0; t < frames; t++) {
      for (let i = 0; i < frame; i++) cut[i] = sound[t * hop + i] * hann[i];
      for (let bin = 0; bin < bins; bin++) {
        let real = 0, imaginary = 0;
        for (let i = 0, angle = 0; i < frame; i++, angle = (angle + bin) % frame) {
          real += cut[i] * cos[angle];
          imaginary -= cut[i] * sin[angle];
        }
        power[t * bins + bin] = real * real + imaginary * imaginary;
      }
    }
    return { frames, bins, power };
  }

  /** Paint a spectrogram, dark for loud, the low frequencies below: the loudest `range` decibels. */
  function paint(canvas, { frames, bins, power }, range = 20) {
    const loudest = 10 * Math.log10(power.reduce((most, value) => Math.max(most, value), 1e-12));
    const levels = new Float32Array(frames * bins);
    for (let t = 0; t < frames; t++) {
      for (let bin = 0; bin < bins; bin++) {
        const level = 10 * Math.log10(power[t * bins + bin] + 1e-12);
        levels[(bins - 1 - bin) * frames + t] = Math.max(0, 1 + (level - loudest) / range);
      }
    }
    cnnbook.dom.paintMaps(canvas, levels, [bins, frames, 1], 1, "ink", 1);
  }

  let context = null;
  let playing = null;

  /** Play a sound, the one before ends; false where the browser cannot. Only after a press. */
  function play(sound, rate) {
    try {
      context ||= new AudioContext();
      context.resume();
      playing?.stop();
      const buffer = context.createBuffer(1, sound.length, rate);
      const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
      buffer.copyToChannel(Float32Array.from(sound, (value) => (0.3 * value) / loudest), 0);
      playing = context.createBufferSource();
      playing.buffer = buffer;
      playing.connect(context.destination);
      playing.start();
      return true;
    } catch {
      return false;
    }
  }

  cnnbook.sound = { paint, play, powerOf, spectrogram, white };
  if (typeof module !== "undefined") module.exports = cnnbook;
})();
