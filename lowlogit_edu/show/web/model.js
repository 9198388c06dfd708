// The learned model, whole. It remembers a few numbers, the first `carried` ones of its state:
//
//   state  <-  A[token] · memory        one matrix for each token
//   logits  =  B · state                one readout for all, minus the mean
//
// Equation numbers and proofs: arXiv:2512.09892, Definition 1.5 and Algorithm 2.
"use strict";

// The values of the 65,536 numbers of half precision, by their 16 bits.
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

// The arrays behind a text in base 64. `layout` names them in their order, each with its shape and type; those of
// half precision are told as multiples of a `scale`, so that none is too large or too small.
function unpack(base64, layout) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const arrays = {};
  let place = 0;
  for (const { name, shape, type, scale } of layout) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (type === "uint32") {
      arrays[name] = new Uint32Array(bytes.buffer, place, size);
      place += 4 * size;
    } else {
      const halves = new Uint16Array(bytes.buffer, place, size);
      arrays[name] = Float32Array.from(halves, (bits) => HALVES[bits] * scale);
      place += 2 * size;
    }
    arrays[name].shape = shape;
  }
  return arrays;
}

class Model {
  constructor(arrays) {
    Object.assign(this, arrays); // initial_state, transitions, readout and, where matrices are shared, mixture
    [this.alphabet, this.rank] = this.readout.shape;
    this.carried = this.transitions.shape[2];
    this.mixed = new Map(); // matrices of tokens that were read already
  }

  // The matrix of a token, row by row.
  matrix(token) {
    const size = this.rank * this.carried;
    const shared = (number) => this.transitions.subarray(number * size, (number + 1) * size);
    if (!this.mixture) return shared(token);
    if (this.mixture.shape.length === 1) return shared(this.mixture[token]);
    if (this.mixed.has(token)) return this.mixed.get(token);
    // A mixture of a few matrices that all tokens share.
    const count = this.transitions.shape[0];
    const matrix = new Float64Array(size);
    for (let k = 0; k < count; k++) {
      const weight = this.mixture[token * count + k];
      const part = shared(k);
      for (let i = 0; i < size; i++) matrix[i] += weight * part[i];
    }
    if (this.mixed.size >= 1000) this.mixed.clear(); // of a large alphabet not all fit in memory
    this.mixed.set(token, matrix);
    return matrix;
  }

  // The state after one more token.
  after(state, token) {
    return multiply(this.matrix(token), state, this.rank, this.carried);
  }

  // How much the model would like to write each token next.
  logits(state) {
    const logits = multiply(this.readout, state, this.alphabet, this.rank);
    const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
    return logits.map((logit) => logit - mean);
  }
}

// A matrix of so many rows and columns times the beginning of a vector.
function multiply(matrix, vector, rows, columns) {
  const product = new Float64Array(rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) product[i] += matrix[i * columns + j] * vector[j];
  return product;
}

// Probabilities of logits. A low temperature favours what is likely; zero takes the likeliest alone.
function softmax(logits, temperature) {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logits.map((logit) => (temperature > 0 ? Math.exp((logit - most) / temperature) : +(logit === most)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

// One token, drawn with these probabilities.
function draw(probabilities, random) {
  let left = random();
  let last = 0;
  for (let token = 0; token < probabilities.length; token++) {
    left -= probabilities[token];
    if (left < 0) return token;
    if (probabilities[token] > 0) last = token;
  }
  return last; // the probabilities add up to a little less than 1
}

// Numbers between 0 and 1 that a seed decides (mulberry32): the same seed, the same story.
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}
