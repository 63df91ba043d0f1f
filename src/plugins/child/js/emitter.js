// EventEmitter, as far as plugins use it.
() => {
  'use strict';
  class EventEmitter {
    #listeners = new Map();
    #add(name, listener, isFirst) {
      if (typeof listener !== 'function') throw Object.assign(new TypeError('a listener must be a function'), { code: 'ERR_INVALID_ARG_TYPE' });
      const list = this.#listeners.get(name) ?? [];
      this.#listeners.set(name, isFirst ? [listener, ...list] : [...list, listener]);
      return this;
    }
    #once(name, listener) {
      const once = (...args) => { this.off(name, once); listener.apply(this, args); };
      once.listener = listener;
      return once;
    }
    on(name, listener) { return this.#add(name, listener, false); }
    addListener(name, listener) { return this.on(name, listener); }
    prependListener(name, listener) { return this.#add(name, listener, true); }
    once(name, listener) { return this.#add(name, this.#once(name, listener), false); }
    prependOnceListener(name, listener) { return this.#add(name, this.#once(name, listener), true); }
    off(name, listener) {
      const list = this.#listeners.get(name) ?? [];
      const at = list.findLastIndex((one) => one === listener || one.listener === listener);
      if (at >= 0) this.#listeners.set(name, list.toSpliced(at, 1));
      return this;
    }
    removeListener(name, listener) { return this.off(name, listener); }
    removeAllListeners(name) {
      if (name === undefined) this.#listeners.clear(); else this.#listeners.delete(name);
      return this;
    }
    emit(name, ...args) {
      const list = this.#listeners.get(name) ?? [];
      if (name === 'error' && list.length === 0) throw args[0] instanceof Error ? args[0] : new Error(`Unhandled error. (${String(args[0])})`);
      for (const listener of list) listener.apply(this, args);
      return list.length > 0;
    }
    listeners(name) { return (this.#listeners.get(name) ?? []).map((one) => one.listener ?? one); }
    rawListeners(name) { return [...(this.#listeners.get(name) ?? [])]; }
    listenerCount(name) { return (this.#listeners.get(name) ?? []).length; }
    eventNames() { return [...this.#listeners.keys()].filter((name) => this.listenerCount(name) > 0); }
    setMaxListeners() { return this; }
    getMaxListeners() { return EventEmitter.defaultMaxListeners; }
    static defaultMaxListeners = 10;
    static once(emitter, name) {
      return new Promise((resolve, reject) => {
        const failed = (error) => { emitter.off(name, came); reject(error); };
        const came = (...args) => { emitter.off('error', failed); resolve(args); };
        emitter.once(name, came);
        if (name !== 'error') emitter.once('error', failed);
      });
    }
  }
  EventEmitter.EventEmitter = EventEmitter;
  return { EventEmitter, once: EventEmitter.once };
}
