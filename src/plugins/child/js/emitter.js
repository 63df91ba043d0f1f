// EventEmitter, as far as plugins use it.
(function () {
  'use strict';
  class EventEmitter {
    #listeners = new Map();
    on(name, listener) { this.#listeners.set(name, [...this.listeners(name), listener]); return this; }
    addListener(name, listener) { return this.on(name, listener); }
    prependListener(name, listener) { this.#listeners.set(name, [listener, ...this.listeners(name)]); return this; }
    once(name, listener) {
      const once = (...args) => { this.off(name, once); listener.apply(this, args); };
      once.listener = listener;
      return this.on(name, once);
    }
    off(name, listener) {
      this.#listeners.set(name, this.listeners(name).filter((one) => one !== listener && one.listener !== listener));
      return this;
    }
    removeListener(name, listener) { return this.off(name, listener); }
    removeAllListeners(name) {
      if (name === undefined) this.#listeners.clear(); else this.#listeners.delete(name);
      return this;
    }
    emit(name, ...args) {
      const listeners = this.listeners(name);
      if (name === 'error' && listeners.length === 0) throw args[0];
      for (const listener of listeners) listener.apply(this, args);
      return listeners.length > 0;
    }
    listeners(name) { return this.#listeners.get(name) ?? []; }
    listenerCount(name) { return this.listeners(name).length; }
    eventNames() { return [...this.#listeners.keys()].filter((name) => this.listenerCount(name) > 0); }
    setMaxListeners() { return this; }
  }
  return { EventEmitter };
})
