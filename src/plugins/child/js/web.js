// URL and URLSearchParams. The parsing is the host's, so that it is the one that grants are checked with.
(kit) => {
  'use strict';
  const { host, wellFormed } = kit;
  const parsed = (href, base) => host.url(wellFormed(String(href)), base === undefined || base === null ? null : wellFormed(String(base)));
  const NAMES = ['href', 'protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin'];
  const encodePart = (text) => {
    let out = '';
    for (const byte of kit.part('text').encode(text)) {
      const isPlain = (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 42 || byte === 45 || byte === 46 || byte === 95;
      out += byte === 32 ? '+' : isPlain ? String.fromCharCode(byte) : `%${kit.part('text').hex(byte).toUpperCase()}`;
    }
    return out;
  };
  const decodePart = (text) => {
    const plain = text.replaceAll('+', ' ');
    if (!plain.includes('%')) return plain;
    const bytes = kit.part('text').binary(kit.part('text').encode(plain));
    return host.decode(bytes.replace(/%([0-9a-fA-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16))));
  };

  class URLSearchParams {
    #list = [];
    #changed = null;
    constructor(init = '') {
      if (typeof init === 'object' && init !== null) {
        const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
        for (const [name, value] of pairs) this.#list.push([String(name), String(value)]);
      } else this.#read(String(init));
    }
    #read(text) {
      const query = text.startsWith('?') ? text.slice(1) : text;
      this.#list = query.split('&').filter((part) => part !== '').map((part) => {
        const at = part.indexOf('=');
        return at < 0 ? [decodePart(part), ''] : [decodePart(part.slice(0, at)), decodePart(part.slice(at + 1))];
      });
    }
    #tell() { this.#changed?.(this.toString()); }
    static follow(params, changed) { params.#changed = changed; return (text) => params.#read(text); }
    append(name, value) { this.#list.push([String(name), String(value)]); this.#tell(); }
    delete(name, value) {
      this.#list = this.#list.filter(([key, held]) => key !== String(name) || (value !== undefined && held !== String(value)));
      this.#tell();
    }
    get(name) { return this.#list.find(([key]) => key === String(name))?.[1] ?? null; }
    getAll(name) { return this.#list.filter(([key]) => key === String(name)).map(([, value]) => value); }
    has(name, value) { return this.#list.some(([key, held]) => key === String(name) && (value === undefined || held === String(value))); }
    set(name, value) {
      const at = this.#list.findIndex(([key]) => key === String(name));
      if (at < 0) this.#list.push([String(name), String(value)]);
      else this.#list = this.#list.filter(([key], index) => key !== String(name) || index === at).map((pair, index) => (index === at ? [pair[0], String(value)] : pair));
      this.#tell();
    }
    sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#tell(); }
    get size() { return this.#list.length; }
    forEach(callback, self) { for (const [name, value] of [...this.#list]) callback.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#list) yield [name, value]; }
    *keys() { for (const [name] of this.#list) yield name; }
    *values() { for (const [, value] of this.#list) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#list.map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`).join('&'); }
  }
  const { follow } = URLSearchParams;
  delete URLSearchParams.follow;

  class URL {
    #parts;
    #params;
    #reread;
    constructor(href, base) {
      this.#parts = parsed(href, base);
      if (!this.#parts) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' });
    }
    #set(part, value) {
      this.#parts = host.urlWith(this.#parts[0], part, wellFormed(String(value))) ?? this.#parts;
      if (part !== 'search') this.#reread?.(this.search);
    }
    static canParse(href, base) { return Boolean(parsed(href, base)); }
    static parse(href, base) { return URL.canParse(href, base) ? new URL(href, base) : null; }
    get host() { return this.port === '' ? this.hostname : `${this.hostname}:${this.port}`; }
    set host(value) {
      const [name, port] = String(value).split(':');
      this.#set('hostname', name);
      if (port !== undefined) this.#set('port', port);
    }
    get href() { return this.#parts[0]; }
    set href(value) {
      const parts = parsed(value);
      if (!parts) throw new TypeError('Invalid URL');
      this.#parts = parts;
      this.#reread?.(this.search);
    }
    get origin() { return this.#parts[9]; }
    get searchParams() {
      if (!this.#params) {
        this.#params = new URLSearchParams(this.search);
        this.#reread = follow(this.#params, (query) => this.#set('search', query));
      }
      return this.#params;
    }
    toString() { return this.#parts[0]; }
    toJSON() { return this.#parts[0]; }
    static part(index, name) {
      Object.defineProperty(URL.prototype, name, {
        get() { return this.#parts[index]; },
        set(value) { this.#set(name, value); if (name === 'search') this.#reread?.(this.search); },
        enumerable: true, configurable: true,
      });
    }
  }
  const { part } = URL;
  delete URL.part;
  for (let index = 1; index < 9; index += 1) part(index, NAMES[index]);

  const fileURLToPath = (input) => {
    const parts = parsed(typeof input === 'string' ? input : input?.href);
    if (!parts || parts[1] !== 'file:') throw new TypeError('the URL must be of scheme file');
    if (parts[4] !== '' && parts[4] !== 'localhost') throw new TypeError('a file URL must not name a host');
    if (/%2f/i.test(parts[6])) throw new TypeError('a file URL must not have an encoded slash');
    return decodeURIComponent(parts[6]);
  };
  const pathToFileURL = (path) => {
    const url = new URL('file:///');
    url.pathname = String(path).replaceAll('%', '%25').replaceAll('?', '%3F').replaceAll('#', '%23');
    return url;
  };
  return { parsed, globals: { URL, URLSearchParams }, urlModule: { URL, URLSearchParams, fileURLToPath, pathToFileURL }, fileURLToPath };
}
