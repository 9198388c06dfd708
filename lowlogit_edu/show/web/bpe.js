// Text to tokens: byte-level byte pair encoding, as GPT-2's. The tokenizer's own numbers come with the page.
"use strict";

class Bpe {
  // `typing` is what web_words.py writes: merges, single, unknown, added, nfc, space.
  constructor(typing) {
    Object.assign(this, typing);
    this.ranks = new Map(this.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
    // Longest first: of two that begin alike, the longer one is meant.
    const names = Object.keys(this.added).sort((a, b) => b.length - a.length);
    const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    this.special = escaped.length ? new RegExp(`(${escaped.join("|")})`, "u") : null;
  }

  // The tokens of a text.
  encode(text) {
    // Tokens such as <|endoftext|> stand for themselves; what is between them is cut into words.
    const parts = this.special ? text.split(this.special) : [text];
    return parts.flatMap((part, i) => (i % 2 ? [this.added[part]] : this.encodePlain(part)));
  }

  encodePlain(text) {
    if (this.nfc) text = text.normalize("NFC");
    if (this.space && text && !text.startsWith(" ")) text = " " + text;
    return (text.match(Bpe.WORDS) ?? []).flatMap((word) => this.encodeWord(word));
  }

  // One word: its bytes, then the earliest merge that fits, again and again.
  encodeWord(word) {
    const bytes = new TextEncoder().encode(word);
    const tokens = Array.from(bytes, (byte) => (this.single[byte] < 0 ? this.unknown : this.single[byte]));
    const known = tokens.filter((token) => token >= 0);
    for (;;) {
      let best = Infinity;
      let place = -1;
      for (let i = 0; i + 1 < known.length; i++) {
        const rank = this.ranks.get(`${known[i]} ${known[i + 1]}`) ?? Infinity;
        if (rank < best) [best, place] = [rank, i];
      }
      if (place < 0) return known;
      known.splice(place, 2, this.merges[best][2]);
    }
  }
}

// How GPT-2 cuts a text into words: endings such as 's, letters, digits, signs, spaces.
// White_Space and not \s, which is another set of characters in JavaScript.
Bpe.WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
