// Text and bytes: encoders, base64, clones, and what the engine does slowly or not at all.
(function (kit) {
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
      const bytes = encode(text);
      const written = Math.min(bytes.length, into.length);
      into.set(bytes.subarray(0, written));
      return { read: text.length, written };
    }
  }
  class TextDecoder {
    #fatal;
    #label;
    constructor(label = 'utf-8', options = {}) {
      this.#label = String(label).toLowerCase();
      if (!['utf-8', 'utf8', 'latin1', 'ascii', 'iso-8859-1', 'windows-1252'].includes(this.#label)) throw new RangeError(`the encoding ${label} is not supported`);
      this.#fatal = options.fatal === true;
    }
    get encoding() { return this.#label.startsWith('utf') ? 'utf-8' : 'windows-1252'; }
    get fatal() { return this.#fatal; }
    decode(data) {
      if (data === undefined) return '';
      const text = binary(data);
      if (this.encoding !== 'utf-8') return text;
      const decoded = host.decode(text);
      if (this.#fatal && binary(encode(decoded)) !== text) throw new TypeError('the data is not valid UTF-8');
      return decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded;
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
    const plain = String(text).replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
    if (/[^A-Za-z0-9+/]/.test(plain) || plain.length % 4 === 1) throw invalid('the text is not base64');
    return binary(fromBase64(plain));
  };

  const structuredClone = (value) => {
    const seen = new Map();
    const fail = (what) => { throw new (kit.part('events').DOMException)(`${what} cannot be cloned`, 'DataCloneError'); };
    const copy = (from) => {
      if (typeof from === 'function' || typeof from === 'symbol') fail(typeof from);
      if (typeof from !== 'object' || from === null) return from;
      if (seen.has(from)) return seen.get(from);
      const keep = (to) => { seen.set(from, to); return to; };
      if (from instanceof Date) return keep(new Date(from.getTime()));
      if (from instanceof RegExp) return keep(new RegExp(from.source, from.flags));
      if (from instanceof ArrayBuffer) return keep(from.slice(0));
      if (ArrayBuffer.isView(from)) return keep(from instanceof DataView ? new DataView(from.buffer.slice(0)) : from.slice());
      if (from instanceof Map) { const to = keep(new Map()); for (const [k, v] of from) to.set(copy(k), copy(v)); return to; }
      if (from instanceof Set) { const to = keep(new Set()); for (const v of from) to.add(copy(v)); return to; }
      if (from instanceof Error) { const to = keep(new (globalThis[from.name] ?? Error)(from.message)); to.stack = from.stack; return to; }
      const to = keep(Array.isArray(from) ? new Array(from.length) : {});
      for (const key of Object.keys(from)) to[key] = copy(from[key]);
      return to;
    };
    return copy(value);
  };

  // The engine tries a pattern at every index when it splits. Searching for the next match gives the same parts.
  const exec = RegExp.prototype.exec;
  const slowSplit = RegExp.prototype[Symbol.split];
  const split = function (text, limit) {
    if (this.constructor !== RegExp || this.exec !== exec || this.sticky) return apply(slowSplit, this, [text, limit]);
    const source = String(text);
    const most = limit === undefined ? 4294967295 : limit >>> 0;
    if (most === 0) return [];
    const finder = new RegExp(this.source, this.flags.includes('g') ? this.flags : `${this.flags}g`);
    if (source.length === 0) return apply(exec, finder, [source]) === null ? [source] : [];
    const parts = [];
    let begin = 0;
    let at = 0;
    while (at < source.length) {
      finder.lastIndex = at;
      const match = apply(exec, finder, [source]);
      if (match === null || match.index >= source.length) break;
      const end = match.index + match[0].length;
      if (end === begin && match[0].length === 0) {
        at = match.index + (this.unicode && source.codePointAt(match.index) > 0xffff ? 2 : 1);
        continue;
      }
      parts.push(source.slice(begin, match.index));
      if (parts.length === most) return parts;
      for (let group = 1; group < match.length; group += 1) {
        parts.push(match[group]);
        if (parts.length === most) return parts;
      }
      begin = end;
      at = end;
    }
    parts.push(source.slice(begin));
    return parts;
  };
  Object.defineProperty(RegExp.prototype, Symbol.split, { value: split, writable: true, configurable: true });

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ',');
  const numberText = function (_locale, options = {}) {
    const number = Number(this);
    if (!Number.isFinite(number)) return Number.isNaN(number) ? 'NaN' : number < 0 ? '-∞' : '∞';
    const least = options.minimumFractionDigits ?? 0;
    const most = options.maximumFractionDigits ?? Math.max(least, 3);
    const [whole, fraction = ''] = Math.abs(number).toFixed(Math.min(most, 100)).split('.');
    let digits = fraction;
    while (digits.length > least && digits.endsWith('0')) digits = digits.slice(0, -1);
    return (number < 0 ? '-' : '') + grouped(whole) + (digits ? `.${digits}` : '');
  };
  Object.defineProperty(Number.prototype, 'toLocaleString', { value: numberText, writable: true, configurable: true });

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
      if (into.byteLength > 65536) throw new RangeError('at most 65536 bytes');
      new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(host.random(into.byteLength));
      return into;
    },
    subtle: {
      async digest(algorithm, data) {
        const name = typeof algorithm === 'string' ? algorithm : algorithm?.name;
        const digest = host.digest(String(name), binary(data));
        if (!digest) throw new (kit.part('events').DOMException)(`${name} is not supported: SHA-256, SHA-384, SHA-512`, 'NotSupportedError');
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
})
