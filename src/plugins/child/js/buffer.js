// Buffer, as far as plugins use it: a Uint8Array that knows encodings.
(kit) => {
  'use strict';
  const { binary, encode, toBase64, fromBase64, hex } = kit.part('text');
  const normal = (encoding = 'utf8') => {
    const name = String(encoding).toLowerCase();
    return { 'utf-8': 'utf8', binary: 'latin1', ucs2: 'utf16le', 'ucs-2': 'utf16le', 'utf-16le': 'utf16le' }[name] ?? name;
  };
  const unknown = (encoding) => Object.assign(new TypeError(`Unknown encoding: ${encoding}`), { code: 'ERR_UNKNOWN_ENCODING' });
  const encoded = (text, encoding) => {
    switch (normal(encoding)) {
      case 'utf8': return encode(text);
      case 'base64': case 'base64url': return fromBase64(text);
      case 'hex': {
        const pairs = /^(?:[0-9a-f]{2})*/i.exec(text)[0];
        const out = new Uint8Array(pairs.length / 2);
        for (let at = 0; at < out.length; at += 1) out[at] = parseInt(pairs.slice(2 * at, 2 * at + 2), 16);
        return out;
      }
      case 'latin1': case 'ascii': {
        const out = new Uint8Array(text.length);
        for (let at = 0; at < text.length; at += 1) out[at] = text.charCodeAt(at);
        return out;
      }
      case 'utf16le': {
        const out = new Uint8Array(text.length * 2);
        for (let at = 0; at < text.length; at += 1) { out[2 * at] = text.charCodeAt(at) & 255; out[2 * at + 1] = text.charCodeAt(at) >> 8; }
        return out;
      }
      default: throw unknown(encoding);
    }
  };
  const decoded = (bytes, encoding) => {
    switch (normal(encoding)) {
      case 'utf8': return kit.host.decode(binary(bytes));
      case 'base64': return toBase64(bytes);
      case 'base64url': return toBase64(bytes, true);
      case 'hex': { let out = ''; for (const byte of bytes) out += hex(byte); return out; }
      case 'latin1': return binary(bytes);
      case 'ascii': return binary(bytes.map((byte) => byte & 127));
      case 'utf16le': { let out = ''; for (let at = 0; at + 1 < bytes.length; at += 2) out += String.fromCharCode(bytes[at] | (bytes[at + 1] << 8)); return out; }
      default: throw unknown(encoding);
    }
  };
  const shared = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  class Buffer extends Uint8Array {
    static from(data, encoding, length) {
      if (typeof data === 'string') return shared(encoded(data, encoding));
      if (data instanceof ArrayBuffer) return new Buffer(data, encoding, length);
      if (data?.type === 'Buffer' && Array.isArray(data.data)) return Buffer.from(data.data);
      if (typeof data !== 'object' || data === null) throw Object.assign(new TypeError('a Buffer is made from text, bytes or a list'), { code: 'ERR_INVALID_ARG_TYPE' });
      return shared(Uint8Array.from(data));
    }
    static alloc(size, fill, encoding) { const made = new Buffer(size); return fill === undefined ? made : made.fill(fill, 0, size, encoding); }
    static allocUnsafe(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(encoding) { try { encoded('', encoding); return true; } catch { return false; } }
    static byteLength(data, encoding) { return typeof data === 'string' ? encoded(data, encoding).length : data.byteLength; }
    static compare(a, b) { return a.compare(b); }
    static concat(list, length = list.reduce((sum, one) => sum + one.length, 0)) {
      const out = Buffer.alloc(length);
      let at = 0;
      for (const one of list) { if (at >= length) break; out.set(one.subarray(0, length - at), at); at += one.length; }
      return out;
    }
    toString(encoding, start = 0, end = this.length) { return decoded(this.subarray(Math.max(0, start), Math.max(start, end)), encoding); }
    toJSON() { return { type: 'Buffer', data: [...this] }; }
    slice(start, end) { return this.subarray(start, end); }
    equals(other) { return this.compare(other) === 0; }
    compare(other) {
      for (let at = 0; at < Math.min(this.length, other.length); at += 1) if (this[at] !== other[at]) return this[at] < other[at] ? -1 : 1;
      return Math.sign(this.length - other.length);
    }
    copy(target, at = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + target.length - at));
      target.set(part, at);
      return part.length;
    }
    write(text, at = 0, length, encoding) {
      const bytes = encoded(text, typeof length === 'string' ? length : encoding).subarray(0, Math.min(this.length - at, typeof length === 'number' ? length : Infinity));
      this.set(bytes, at);
      return bytes.length;
    }
    fill(value, start = 0, end = this.length, encoding) {
      if (typeof value !== 'string') { super.fill(value, start, end); return this; }
      const bytes = encoded(value, encoding);
      for (let at = start; at < end && bytes.length > 0; at += 1) this[at] = bytes[(at - start) % bytes.length];
      return this;
    }
    indexOf(value, from = 0, encoding) {
      if (typeof value === 'number') return super.indexOf(value & 255, from);
      const wanted = typeof value === 'string' ? encoded(value, encoding) : value;
      for (let at = from < 0 ? Math.max(0, this.length + from) : from; at + wanted.length <= this.length; at += 1) if (this.#hasAt(at, wanted)) return at;
      return -1;
    }
    lastIndexOf(value, from = this.length, encoding) {
      if (typeof value === 'number') return super.lastIndexOf(value & 255, from);
      const wanted = typeof value === 'string' ? encoded(value, encoding) : value;
      for (let at = Math.min(from < 0 ? this.length + from : from, this.length - wanted.length); at >= 0; at -= 1) if (this.#hasAt(at, wanted)) return at;
      return -1;
    }
    #hasAt(at, wanted) {
      let same = 0;
      while (same < wanted.length && this[at + same] === wanted[same]) same += 1;
      return same === wanted.length;
    }
    swap16() { return this.#swap(2); }
    swap32() { return this.#swap(4); }
    swap64() { return this.#swap(8); }
    #swap(size) {
      if (this.length % size !== 0) throw Object.assign(new RangeError(`the size of the Buffer is no multiple of ${size}`), { code: 'ERR_INVALID_BUFFER_SIZE' });
      for (let at = 0; at < this.length; at += size) this.subarray(at, at + size).reverse();
      return this;
    }
    includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; }
  }
  const past = () => Object.assign(new RangeError('Attempt to access memory outside buffer bounds'), { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
  const method = (names, value) => { for (const name of names) Object.defineProperty(Buffer.prototype, name, { value, writable: true, configurable: true }); };
  const viewOf = (buffer, at, size) => {
    if (!(at >= 0 && at + size <= buffer.length)) throw past();
    return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  };
  const NUMBERS = [
    ['UInt8', 'Uint8', 1], ['Int8', 'Int8', 1], ['UInt16', 'Uint16', 2], ['Int16', 'Int16', 2], ['UInt32', 'Uint32', 4], ['Int32', 'Int32', 4],
    ['BigUInt64', 'BigUint64', 8], ['BigInt64', 'BigInt64', 8], ['Float', 'Float32', 4], ['Double', 'Float64', 8],
  ];
  for (const [name, own, size] of NUMBERS) {
    for (const [end, isLittle] of size === 1 ? [['', true]] : [['LE', true], ['BE', false]]) {
      const names = [`${name}${end}`, `${name.replace('UInt', 'Uint')}${end}`];
      method(names.map((one) => `read${one}`), function (at = 0) { return viewOf(this, at, size)[`get${own}`](at, isLittle); });
      method(names.map((one) => `write${one}`), function (value, at = 0) { viewOf(this, at, size)[`set${own}`](at, value, isLittle); return at + size; });
    }
  }
  for (const isLittle of [true, false]) {
    const end = isLittle ? 'LE' : 'BE';
    const order = (at, size) => Array.from({ length: size }, (_, index) => at + (isLittle ? size - 1 - index : index));
    const read = (buffer, at, size) => { viewOf(buffer, at, size); return order(at, size).reduce((sum, place) => sum * 256 + buffer[place], 0); };
    method([`readUInt${end}`, `readUint${end}`], function (at, size) { return read(this, at, size); });
    method([`readInt${end}`], function (at, size) { const value = read(this, at, size); return value < 2 ** (8 * size - 1) ? value : value - 2 ** (8 * size); });
    method([`writeUInt${end}`, `writeUint${end}`, `writeInt${end}`], function (value, at, size) {
      viewOf(this, at, size);
      let left = value < 0 ? value + 2 ** (8 * size) : value;
      for (const place of order(at, size).reverse()) { this[place] = left % 256; left = Math.floor(left / 256); }
      return at + size;
    });
  }
  return { Buffer, shared, globals: { Buffer } };
}
