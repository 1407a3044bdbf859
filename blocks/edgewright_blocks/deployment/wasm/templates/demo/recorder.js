// SPDX-License-Identifier: 0BSD
// Runs where sound is processed: hands on what the microphone gives, a tenth of a second at a time.
class Recorder extends AudioWorkletProcessor {
  #kept = new Float32Array(Math.ceil(sampleRate / 10));
  #count = 0;

  process([channels]) {
    for (const value of channels[0] ?? []) {
      this.#kept[this.#count++] = value;
      if (this.#count === this.#kept.length) {
        this.port.postMessage(this.#kept.slice());
        this.#count = 0;
      }
    }
    return true;
  }
}
registerProcessor("recorder", Recorder);
