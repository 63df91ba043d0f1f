// Events and aborts.
(function (kit) {
  'use strict';
  class DOMException extends Error {
    #name;
    constructor(message = '', name = 'Error') { super(message); this.#name = String(name); }
    get name() { return this.#name; }
    get code() { return { AbortError: 20, TimeoutError: 23, DataCloneError: 25 }[this.#name] ?? 0; }
  }
  class Event {
    #prevented = false;
    constructor(type, options = {}) {
      this.type = String(type);
      this.bubbles = options.bubbles === true;
      this.cancelable = options.cancelable === true;
      this.timeStamp = kit.host.now();
      this.target = null;
      this.currentTarget = null;
    }
    get defaultPrevented() { return this.#prevented; }
    preventDefault() { if (this.cancelable) this.#prevented = true; }
    stopPropagation() {}
    stopImmediatePropagation() { this.stopped = true; }
  }
  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options = {}) {
      if (listener === null || listener === undefined) return;
      const list = this.#listeners.get(type) ?? [];
      if (list.some((entry) => entry.listener === listener)) return;
      this.#listeners.set(type, [...list, { listener, once: typeof options === 'object' && options?.once === true }]);
      options?.signal?.addEventListener?.('abort', () => this.removeEventListener(type, listener));
    }
    removeEventListener(type, listener) {
      this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((entry) => entry.listener !== listener));
    }
    dispatchEvent(event) {
      event.target = this;
      event.currentTarget = this;
      for (const { listener, once } of this.#listeners.get(event.type) ?? []) {
        if (once) this.removeEventListener(event.type, listener);
        try {
          if (typeof listener === 'function') listener.call(this, event);
          else listener.handleEvent(event);
        } catch (error) { kit.part('context').console.error(error); }
        if (event.stopped) break;
      }
      return !event.defaultPrevented;
    }
  }
  let mayConstruct = false;
  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason;
    onabort = null;
    constructor() {
      super();
      if (!mayConstruct) throw new TypeError('an AbortSignal is made by an AbortController');
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    static make() {
      mayConstruct = true;
      try { return new AbortSignal(); } finally { mayConstruct = false; }
    }
    static fire(signal, reason) {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
      const event = new Event('abort');
      if (typeof signal.onabort === 'function') signal.onabort(event);
      signal.dispatchEvent(event);
    }
    static abort(reason) { const signal = make(); fire(signal, reason); return signal; }
    static timeout(ms) {
      const signal = make();
      kit.timers.setTimeout(() => fire(signal, new DOMException('The operation timed out.', 'TimeoutError')), ms);
      return signal;
    }
    static any(signals) {
      const signal = make();
      for (const one of signals) {
        if (one.aborted) { fire(signal, one.reason); break; }
        one.addEventListener('abort', () => fire(signal, one.reason), { once: true });
      }
      return signal;
    }
  }
  const { make, fire } = AbortSignal;
  delete AbortSignal.make;
  delete AbortSignal.fire;
  class AbortController {
    #signal = make();
    get signal() { return this.#signal; }
    abort(reason) { fire(this.#signal, reason); }
  }
  return { DOMException, Event, EventTarget, AbortSignal, AbortController };
})
