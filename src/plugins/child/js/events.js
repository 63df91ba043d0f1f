// Events and aborts.
(kit) => {
  'use strict';
  /** Names that have a number, from 1 on. */
  const CODES = [
    'IndexSizeError', '', 'HierarchyRequestError', 'WrongDocumentError', 'InvalidCharacterError', '', 'NoModificationAllowedError', 'NotFoundError',
    'NotSupportedError', 'InUseAttributeError', 'InvalidStateError', 'SyntaxError', 'InvalidModificationError', 'NamespaceError', 'InvalidAccessError',
    '', 'TypeMismatchError', 'SecurityError', 'NetworkError', 'AbortError', 'URLMismatchError', 'QuotaExceededError', 'TimeoutError',
    'InvalidNodeTypeError', 'DataCloneError',
  ];
  class DOMException extends Error {
    #name;
    constructor(message = '', name = 'Error') {
      const isObject = typeof name === 'object' && name !== null;
      super(message, isObject && 'cause' in name ? { cause: name.cause } : undefined);
      this.#name = String(isObject ? name.name ?? 'Error' : name);
    }
    get name() { return this.#name; }
    get code() { const at = CODES.indexOf(this.#name); return at < 0 ? 0 : at + 1; }
  }
  Object.defineProperty(DOMException.prototype, Symbol.toStringTag, { value: 'DOMException', configurable: true });
  class Event {
    #type;
    #options;
    #at = kit.host.now();
    #target = null;
    #prevented = false;
    #stopped = false;
    constructor(type, options) { this.#type = String(type); this.#options = { bubbles: Boolean(options?.bubbles), cancelable: Boolean(options?.cancelable) }; }
    get type() { return this.#type; }
    get bubbles() { return this.#options.bubbles; }
    get cancelable() { return this.#options.cancelable; }
    get timeStamp() { return this.#at; }
    get target() { return this.#target; }
    get currentTarget() { return this.#target; }
    get defaultPrevented() { return this.#prevented; }
    preventDefault() { if (this.cancelable) this.#prevented = true; }
    stopPropagation() {}
    stopImmediatePropagation() { this.#stopped = true; }
    static aim(event, target) { event.#target = target; }
    static hasStopped(event) { return event.#stopped; }
  }
  const { aim, hasStopped } = Event;
  delete Event.aim;
  delete Event.hasStopped;
  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options = {}) {
      if (listener === null || listener === undefined) return;
      const list = this.#listeners.get(type) ?? [];
      if (list.some((entry) => entry.listener === listener) || options?.signal?.aborted === true) return;
      this.#listeners.set(type, [...list, { listener, once: typeof options === 'object' && options?.once === true }]);
      options?.signal?.addEventListener?.('abort', () => this.removeEventListener(type, listener));
    }
    removeEventListener(type, listener) {
      this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((entry) => entry.listener !== listener));
    }
    dispatchEvent(event) {
      aim(event, this);
      for (const { listener, once } of this.#listeners.get(event.type) ?? []) {
        if (once) this.removeEventListener(event.type, listener);
        try {
          if (typeof listener === 'function') listener.call(this, event);
          else listener.handleEvent(event);
        } catch (error) { kit.part('console').globals.console.error(error); }
        if (hasStopped(event)) break;
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
  CODES.forEach((name, at) => {
    const constant = { InUseAttributeError: 'INUSE_ATTRIBUTE_ERR', URLMismatchError: 'URL_MISMATCH_ERR' }[name] ?? `${name.slice(0, -5).replace(/\B([A-Z])/g, '_$1').toUpperCase()}_ERR`;
    if (name !== '') for (const holder of [DOMException, DOMException.prototype]) Object.defineProperty(holder, constant, { value: at + 1, enumerable: true });
  });
  return { DOMException, Event, EventTarget, AbortSignal, AbortController };
}
