// Text and bytes: encoders, base64, clones, digests.
(kit) => {
  'use strict';
  const { host } = kit;
  const { apply, ownKeys } = Reflect;
  const fromCharCode = String.fromCharCode;
  const subarray = Uint8Array.prototype.subarray;
  const wellFormed = String.prototype.toWellFormed;
  const CHUNK = 8192;

  const bytesOf = (data) => {
    if (data instanceof Uint8Array) return data;
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return new Uint8Array(data);
  };
  /** One character a byte: how bytes travel to the host. */
  const binary = (data) => {
    const bytes = bytesOf(data);
    let text = '';
    for (let at = 0; at < bytes.length; at += CHUNK) text += apply(fromCharCode, null, apply(subarray, bytes, [at, at + CHUNK]));
    return text;
  };
  const encode = (text) => host.encode(apply(wellFormed, String(text), []));

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return encode(text); }
    encodeInto(text, into) {
      // A character that no longer has room is left out as a whole.
      let [read, written] = [0, 0];
      for (const character of String(text)) {
        const bytes = encode(character);
        if (written + bytes.length > into.length) break;
        into.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }
  const LABELS = { 'utf-8': 'utf-8', utf8: 'utf-8', 'unicode-1-1-utf-8': 'utf-8', 'utf-16le': 'utf-16le', 'utf-16': 'utf-16le' };
  for (const label of ['latin1', 'ascii', 'us-ascii', 'iso-8859-1', 'windows-1252', 'cp1252', 'l1']) LABELS[label] = 'windows-1252';
  /** 0x80 to 0x9f of windows-1252; the other bytes are their own code points. */
  const FROM_80 = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
  /** How many bytes at the end are the beginning of a character. */
  const cutOff = (encoding, text) => {
    if (encoding === 'utf-16le') return text.length % 2;
    for (let back = 1; back <= 3 && back <= text.length; back += 1) {
      const byte = text.charCodeAt(text.length - back);
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
      if (byte < 0x80) return 0;
    }
    return 0;
  };
  class TextDecoder {
    #fatal;
    #encoding;
    #keepsMark;
    #left = '';
    #isWithin = false;
    constructor(label = 'utf-8', options = {}) {
      const name = String(label).trim().toLowerCase();
      this.#encoding = Object.hasOwn(LABELS, name) ? LABELS[name] : undefined;
      if (this.#encoding === undefined) throw Object.assign(new RangeError(`the encoding ${label} is not supported`), { code: 'ERR_ENCODING_NOT_SUPPORTED' });
      this.#fatal = options?.fatal === true;
      this.#keepsMark = options?.ignoreBOM === true;
    }
    get encoding() { return this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#keepsMark; }
    decode(data, options) {
      const isPart = options?.stream === true;
      let text = this.#left + (data === undefined ? '' : binary(data));
      const cut = isPart && this.#encoding !== 'windows-1252' ? cutOff(this.#encoding, text) : 0;
      this.#left = text.slice(text.length - cut);
      text = text.slice(0, text.length - cut);
      const decoded = this.#decoded(text);
      const isFirst = !this.#isWithin;
      this.#isWithin = isPart && (!isFirst || text !== '');
      return isFirst && !this.#keepsMark && decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded;
    }
    #decoded(text) {
      const invalid = () => { throw Object.assign(new TypeError(`the data is not valid ${this.#encoding}`), { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' }); };
      switch (this.#encoding) {
        case 'windows-1252': return text.replace(/[\x80-\x9f]/g, (c) => FROM_80[c.charCodeAt(0) - 0x80]);
        case 'utf-16le': {
          const codes = [];
          for (let at = 0; at + 1 < text.length; at += 2) codes.push(fromCharCode(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8)));
          if (text.length % 2 === 1) codes.push('\ud800');
          const joined = codes.join('');
          const well = apply(wellFormed, joined, []);
          if (this.#fatal && well !== joined) invalid();
          return well;
        }
        default: {
          const decoded = host.decode(text);
          if (this.#fatal && binary(encode(decoded)) !== text) invalid();
          return decoded;
        }
      }
    }
  }

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const VALUES = new Int8Array(128).fill(-1);
  for (let i = 0; i < 64; i += 1) VALUES[ALPHABET.charCodeAt(i)] = i;
  VALUES[45] = 62;
  VALUES[95] = 63;
  const toBase64 = (bytes, isUrl) => {
    const out = [];
    for (let at = 0; at < bytes.length; at += 3) {
      const left = bytes.length - at;
      const n = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      out.push(ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63] + (left > 1 ? ALPHABET[(n >> 6) & 63] : '=') + (left > 2 ? ALPHABET[n & 63] : '='));
    }
    const text = out.join('');
    return isUrl ? text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') : text;
  };
  /** Lenient, as Buffer is: what is not in the alphabet is skipped. */
  const fromBase64 = (text) => {
    const out = [];
    let n = 0;
    let bits = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 61) break;
      const value = code < 128 ? VALUES[code] : -1;
      if (value < 0) continue;
      n = ((n << 6) | value) & 0xffffff;
      bits += 6;
      if (bits >= 8) { bits -= 8; out.push((n >> bits) & 255); }
    }
    return Uint8Array.from(out);
  };
  const invalid = (text) => new (kit.part('events').DOMException)(text, 'InvalidCharacterError');
  const btoa = (text) => {
    const chars = String(text);
    const bytes = new Uint8Array(chars.length);
    for (let at = 0; at < chars.length; at += 1) {
      const code = chars.charCodeAt(at);
      if (code > 255) throw invalid('the text has characters beyond Latin-1');
      bytes[at] = code;
    }
    return toBase64(bytes);
  };
  const atob = (text) => {
    const chars = String(text).replace(/[\t\n\f\r ]/g, '');
    const plain = chars.length % 4 === 0 ? chars.replace(/={1,2}$/, '') : chars;
    if (/[^A-Za-z0-9+/]/.test(plain) || plain.length % 4 === 1) throw invalid('the text is not base64');
    return binary(fromBase64(plain));
  };

  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const structuredClone = (value, options) => {
    const seen = new Map();
    const fail = (what) => { throw new (kit.part('events').DOMException)(`${what} could not be cloned.`, 'DataCloneError'); };
    const isBoxed = (from) => from instanceof Number || from instanceof String || from instanceof Boolean || from instanceof BigInt;
    const own = (to, key, made) => Object.defineProperty(to, key, { value: made, writable: true, enumerable: true, configurable: true });
    const copy = (from) => {
      if (typeof from === 'function' || typeof from === 'symbol') fail(String(from));
      if (typeof from !== 'object' || from === null) return from;
      if (seen.has(from)) return seen.get(from);
      const keep = (to) => { seen.set(from, to); return to; };
      if (from instanceof Date) return keep(new Date(from.getTime()));
      if (from instanceof RegExp) return keep(new RegExp(from.source, from.flags));
      if (isBoxed(from)) return keep(Object(from.valueOf()));
      if (from instanceof ArrayBuffer) return keep(from.slice(0));
      if (ArrayBuffer.isView(from)) {
        // A Buffer becomes the plain bytes that it is.
        const kind = from instanceof DataView ? DataView : from instanceof Uint8Array ? Uint8Array : from.constructor;
        return keep(new kind(copy(from.buffer), from.byteOffset, from instanceof DataView ? from.byteLength : from.length));
      }
      if (from instanceof Map) { const to = keep(new Map()); for (const [k, v] of [...from]) to.set(copy(k), copy(v)); return to; }
      if (from instanceof Set) { const to = keep(new Set()); for (const v of [...from]) to.add(copy(v)); return to; }
      if (from instanceof Error) {
        const to = keep(new (Object.hasOwn(ERRORS, from.name) ? ERRORS[from.name] : Error)(from.message));
        if (Object.hasOwn(from, 'cause')) Object.defineProperty(to, 'cause', { value: copy(from.cause), writable: true, configurable: true });
        to.stack = from.stack;
        return to;
      }
      if (from instanceof Promise || from instanceof WeakMap || from instanceof WeakSet || from instanceof WeakRef) fail(`#<${from.constructor?.name}>`);
      const to = keep(Array.isArray(from) ? new Array(from.length) : {});
      for (const key of Object.keys(from)) own(to, key, copy(from[key]));
      return to;
    };
    const made = copy(value);
    for (const buffer of options?.transfer ?? []) if (buffer instanceof ArrayBuffer) buffer.transfer();
    return made;
  };

  const hex = (byte) => (byte < 16 ? '0' : '') + byte.toString(16);
  const crypto = {
    randomUUID() {
      const b = host.random(16);
      b[6] = (b[6] & 15) | 64;
      b[8] = (b[8] & 63) | 128;
      let text = '';
      for (let i = 0; i < 16; i += 1) text += hex(b[i]) + ([3, 5, 7, 9].includes(i) ? '-' : '');
      return text;
    },
    getRandomValues(into) {
      const { DOMException } = kit.part('events');
      if (!ArrayBuffer.isView(into) || /^(Float|DataView)/.test(into[Symbol.toStringTag] ?? 'DataView')) throw new DOMException('random values need a list of integers', 'TypeMismatchError');
      if (into.byteLength > 65536) throw new DOMException('at most 65536 bytes', 'QuotaExceededError');
      new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(host.random(into.byteLength));
      return into;
    },
    subtle: {
      async digest(algorithm, data) {
        const name = typeof algorithm === 'string' ? algorithm : algorithm?.name;
        const digest = host.digest(String(name), binary(data));
        if (!digest) throw new (kit.part('events').DOMException)(`${name} is not supported: SHA-1, SHA-256, SHA-384, SHA-512`, 'NotSupportedError');
        return digest.buffer;
      },
    },
  };
  const queueMicrotask = (callback) => {
    if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
    (async () => { await undefined; callback(); })();
  };

  return {
    binary, bytesOf, encode, toBase64, fromBase64, hex,
    globals: { TextEncoder, TextDecoder, atob, btoa, structuredClone, queueMicrotask, crypto, performance: { now: () => host.now(), timeOrigin: Date.now() } },
  };
}
