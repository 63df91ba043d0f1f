// Headers, Request, Response and the one fetch. ttop sends; nothing is decided here.
(kit) => {
  'use strict';
  const { host, post, state } = kit;
  const { binary, encode } = kit.part('text');
  const { AbortController, AbortSignal } = kit.part('events');
  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

  class Headers {
    #map = new Map();
    #cookies = [];
    constructor(init) {
      if (init === undefined || init === null) return;
      const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
      for (const pair of pairs) {
        const [name, value, ...more] = pair;
        if ([...pair].length !== 2 || more.length > 0) throw new TypeError('a header is a pair of name and value');
        this.append(name, value);
      }
    }
    #key(name) {
      const key = String(name).toLowerCase();
      if (!TOKEN.test(key)) throw new TypeError(`"${key.slice(0, 40).replace(/[^ -~]/g, '?')}" is not a header name`);
      return key;
    }
    #value(value) {
      const text = String(value).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
      if (/[\0\r\n]/.test(text)) throw new TypeError('a header value has a line break');
      return text;
    }
    append(name, value) {
      const key = this.#key(name);
      const text = this.#value(value);
      if (key === 'set-cookie') this.#cookies.push(text);
      this.#map.set(key, this.#map.has(key) ? `${this.#map.get(key)}, ${text}` : text);
    }
    set(name, value) {
      const key = this.#key(name);
      const text = this.#value(value);
      if (key === 'set-cookie') this.#cookies = [text];
      this.#map.set(key, text);
    }
    get(name) { return this.#map.get(this.#key(name)) ?? null; }
    has(name) { return this.#map.has(this.#key(name)); }
    delete(name) {
      const key = this.#key(name);
      if (key === 'set-cookie') this.#cookies = [];
      this.#map.delete(key);
    }
    getSetCookie() { return [...this.#cookies]; }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    *entries() {
      for (const name of [...this.#map.keys()].sort()) {
        if (name === 'set-cookie') for (const cookie of this.#cookies) yield [name, cookie];
        else yield [name, this.#map.get(name)];
      }
    }
    *keys() { for (const [name] of this.entries()) yield name; }
    *values() { for (const [, value] of this.entries()) yield value; }
    [Symbol.iterator]() { return this.entries(); }
  }

  const bodyOf = (body) => {
    if (body === undefined || body === null) return { bytes: null, type: null };
    if (typeof body === 'string') return { bytes: encode(body), type: 'text/plain;charset=UTF-8' };
    if (body instanceof kit.part('web').globals.URLSearchParams) return { bytes: encode(body.toString()), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { bytes: kit.part('text').bytesOf(body).slice(), type: null };
    return { bytes: encode(String(body)), type: 'text/plain;charset=UTF-8' };
  };

  class Body {
    #bytes;
    #used = false;
    constructor(bytes) { this.#bytes = bytes; }
    get bodyUsed() { return this.#used; }
    get body() { return null; }
    static bytes(body) { return body.#bytes; }
    #take() {
      if (this.#used) throw new TypeError('the body was read already');
      this.#used = this.#bytes !== null;
      return this.#bytes ?? new Uint8Array(0);
    }
    #text() { const text = host.decode(binary(this.#take())); return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text; }
    async text() { return this.#text(); }
    async json() { return JSON.parse(this.#text()); }
    async arrayBuffer() { return this.#take().slice().buffer; }
    async bytes() { return this.#take().slice(); }
  }
  const bytesOfBody = Body.bytes;
  delete Body.bytes;

  class Request extends Body {
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : null;
      const held = init.body !== undefined ? bodyOf(init.body) : { bytes: from ? bytesOfBody(from) : null, type: null };
      super(held.bytes);
      const address = from ? null : new URLOf(String(input));
      if (address && (address.username !== '' || address.password !== '')) throw new TypeError('a request has no user name in its address');
      this.url = from ? from.url : address.href;
      this.method = String(init.method ?? from?.method ?? 'GET');
      if (!TOKEN.test(this.method)) throw new TypeError('that is not a method');
      if (/^(get|head|post|put|delete|options|patch)$/i.test(this.method)) this.method = this.method.toUpperCase();
      this.headers = new Headers(init.headers ?? from?.headers);
      if (held.type && !this.headers.has('content-type')) this.headers.set('content-type', held.type);
      this.signal = init.signal ?? from?.signal ?? new AbortController().signal;
      this.redirect = init.redirect ?? from?.redirect ?? 'follow';
      if (held.bytes !== null && (this.method === 'GET' || this.method === 'HEAD')) throw new TypeError(`a ${this.method} request has no body`);
    }
    clone() { return new Request(this); }
  }
  const URLOf = kit.part('web').globals.URL;

  class Response extends Body {
    constructor(body = null, init = {}) {
      const held = bodyOf(body);
      super(held.bytes);
      this.status = Number(init.status ?? 200);
      if (!(this.status >= 200 && this.status <= 599)) throw new RangeError(`${this.status} is not a status`);
      if (held.bytes !== null && [204, 205, 304].includes(this.status)) throw new TypeError(`a response of status ${this.status} has no body`);
      this.statusText = String(init.statusText ?? '');
      this.headers = new Headers(init.headers);
      if (held.type && !this.headers.has('content-type')) this.headers.set('content-type', held.type);
      this.url = '';
      this.redirected = false;
      this.type = 'default';
    }
    get ok() { return this.status >= 200 && this.status <= 299; }
    clone() {
      if (this.bodyUsed) throw new TypeError('the body was read already');
      const copy = new Response(bytesOfBody(this), { status: this.status, statusText: this.statusText, headers: this.headers });
      copy.url = this.url;
      copy.redirected = this.redirected;
      return copy;
    }
    static json(data, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      return new Response(JSON.stringify(data), { ...init, headers });
    }
    static redirect(address, status = 302) {
      if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`${status} is not a status of redirects`);
      return new Response(null, { status, headers: { location: new URLOf(String(address)).href } });
    }
    static error() { return Object.assign(new Response(), { status: 0, type: 'error' }); }
  }

  const withoutUser = (text) => {
    const address = new URLOf(text);
    [address.username, address.password] = ['', ''];
    return address.href;
  };
  const fetch = async (input, init) => {
    if (typeof input === 'string' && !kit.part('web').parsed(input)) {
      // No address at all: ttop refuses it as one that is not granted.
      await post({ op: 'fetch', url: input, method: 'GET', headers: [], hasBody: false, redirect: 'follow' }).promise;
    }
    // ttop decides about the address as it was given, user names and all.
    const request = typeof input === 'string' ? new Request(withoutUser(input), init) : new Request(input, init);
    const signal = request.signal instanceof AbortSignal ? request.signal : null;
    signal?.throwIfAborted();
    const bytes = bytesOfBody(request);
    const op = { op: 'fetch', url: typeof input === 'string' ? input : request.url, method: request.method, headers: [...request.headers], hasBody: bytes !== null, redirect: String(request.redirect) };
    const generation = state.generation;
    const { id, promise } = post(op, bytes === null ? undefined : binary(bytes));
    let stop;
    const aborted = new Promise((_, reject) => {
      stop = () => { kit.call({ op: 'drop', id }); reject(signal.reason); };
      signal?.addEventListener('abort', stop, { once: true });
    });
    try {
      const answer = await (signal ? Promise.race([promise, aborted]) : promise);
      if (generation !== state.generation) throw new (kit.part('events').DOMException)('This operation was aborted', 'AbortError');
      const { status, headers, url, redirected, hasBody } = answer.value;
      const isEmpty = !hasBody || [204, 205, 304].includes(status);
      const response = new Response(isEmpty ? null : answer.body, { status, headers });
      response.url = url;
      response.redirected = redirected;
      return response;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  };
  return { fetch, Headers, Request, Response, globals: { fetch, Headers, Request, Response } };
}
