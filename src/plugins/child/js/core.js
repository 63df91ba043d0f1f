// The prelude's heart: keeps the host's functions to itself and hands out what a plugin may use.
(host) => {
  'use strict';
  const { parse, stringify } = JSON;
  const { apply, ownKeys, defineProperty } = Reflect;
  const { freeze, create, keys: keysOf } = Object;
  const getTime = Date.prototype.getTime;
  const toISOString = Date.prototype.toISOString;

  const state = { plugin: host.label, kind: '', env: create(null), generation: 0 };
  const functions = { table: create(null) };
  const calls = create(null);

  class PluginPermissionError extends Error {
    constructor(pluginId, permission, message) {
      super(`Plugin "${pluginId}" permission denied: ${message}`);
      this.name = 'PluginPermissionError';
      this.pluginId = pluginId;
      this.permission = permission;
      this.code = 'EACCES';
    }
  }

  const errorOf = (refused) => {
    if (refused.kind === 'permission') return new PluginPermissionError(state.plugin, refused.permission, `${refused.permission}: ${refused.message}`);
    if (refused.kind === 'network') return new TypeError(refused.message);
    if (refused.kind === 'aborted') return new (kit.part('events').DOMException)(refused.message, 'AbortError');
    const error = new Error(refused.kind === 'file' ? `${refused.code}: ${refused.message}` : refused.message);
    if (refused.kind === 'file') error.code = refused.code;
    return error;
  };

  /** After its end a plugin does nothing, whatever it left to do: until it is called again. */
  let isQuiet = false;
  const QUIET = { kind: 'aborted', message: 'This operation was aborted' };

  const { toWellFormed, includes, replace, slice } = String.prototype;
  const wellFormed = (text) => apply(toWellFormed, text, []);
  /** JSON of an operation; halves of characters, which only escapes can carry, become marks. */
  const sent = (op) => {
    const json = stringify(op);
    if (!apply(includes, json, ['\\ud'])) return json;
    return apply(replace, json, [/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (escape) => (escape[1] === 'u' && escape[2] === 'd' && escape.length === 6 ? '\\ufffd' : escape)]);
  };

  /** An operation that is waited for. */
  const call = (op, body, asText) => {
    if (isQuiet) throw errorOf(QUIET);
    const answer = host.ask(sent(op), body ?? '', asText === true);
    if (!answer[0]) throw errorOf(parse(answer[1]));
    return { value: parse(answer[1]), body: answer[2] };
  };

  const posted = create(null);
  /** An operation whose answer comes later. */
  const post = (op, body) => {
    if (isQuiet) return { id: 0, promise: Promise.reject(errorOf(QUIET)) };
    let settle;
    const promise = new Promise((resolve, reject) => { settle = { resolve, reject }; });
    const id = host.post(sent(op), body ?? '');
    posted[id] = settle;
    return { id, promise };
  };

  const cache = create(null);
  const kit = {
    host, call, post, state, wellFormed, PluginPermissionError,
    part(name) { return (cache[name] ??= host.part(name)(kit)); },
  };

  // ---- timers ----
  const MOST_TIMERS = 10000;
  const timers = create(null);
  let timerCount = 0;
  let lastTimer = 0;
  let saidTooMany = false;
  class Timeout {
    #id;
    constructor(id) { this.#id = id; }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    close() { clear(this); return this; }
    refresh() {
      const timer = timers[this.#id];
      if (timer) host.timer(this.#id, timer.wait);
      return this;
    }
    [Symbol.toPrimitive]() { return this.#id; }
    static id(timer) { return typeof timer === 'object' && timer !== null && #id in timer ? timer.#id : Number(timer); }
  }
  const timerId = Timeout.id;
  delete Timeout.id;
  const set = (callback, ms, args, repeats) => {
    if (typeof callback !== 'function') throw new TypeError('the callback of a timer must be a function');
    lastTimer += 1;
    if (isQuiet) return new Timeout(lastTimer);
    if (timerCount >= MOST_TIMERS) {
      if (!saidTooMany) host.log('error', `too many timers: at most ${MOST_TIMERS}; more are not set`);
      saidTooMany = true;
      return new Timeout(lastTimer);
    }
    timerCount += 1;
    const wait = Number(ms) > 0 ? Number(ms) : 0;
    const handle = new Timeout(lastTimer);
    timers[lastTimer] = { callback, args, wait, repeats, handle };
    host.timer(lastTimer, wait);
    return handle;
  };
  const clear = (timer) => {
    const id = timer === undefined || timer === null ? NaN : timerId(timer);
    if (!(id in timers)) return;
    delete timers[id];
    timerCount -= 1;
    host.untimer(id);
  };
  const setTimeout = (callback, ms, ...args) => set(callback, ms, args, false);
  const setInterval = (callback, ms, ...args) => set(callback, ms, args, true);
  const setImmediate = (callback, ...args) => set(callback, 0, args, false);
  kit.timers = { setTimeout, setInterval, setImmediate, clearTimeout: clear, clearInterval: clear, clearImmediate: clear };

  const fire = (id) => {
    const timer = timers[id];
    if (!timer) return;
    if (timer.repeats) host.timer(id, timer.wait);
    else { delete timers[id]; timerCount -= 1; }
    apply(timer.callback, timer.handle, timer.args);
  };

  // ---- what the engine calls ----
  const { exec } = RegExp.prototype;
  const ABSENT = /^(Intl|Bun|Deno|Worker|WebAssembly|SharedArrayBuffer|require) is not defined$/;
  const said = (error) => {
    let name = '';
    let message = '';
    try {
      if (typeof error === 'object' && error !== null) { name = `${error.name}`; message = `${error.message}`; } else { message = String(error); }
    } catch { name = ''; message = 'an exception that cannot be read'; }
    if (name === 'ReferenceError' && apply(exec, ABSENT, [message]) !== null) message += ': it is not available to plugins';
    return [name, message];
  };
  const MOST_TEXT = 4096;
  /** An error as one text: its name, and its message. */
  const described = (error) => {
    const [name, message] = said(error);
    const text = name && name !== 'undefined' ? `${name}: ${message}` : message;
    return wellFormed(text.length > MOST_TEXT ? apply(slice, text, [0, MOST_TEXT]) : text);
  };
  const isMemory = (error) => {
    try { return error === null || (error instanceof InternalError && error.message === 'out of memory'); } catch { return false; }
  };
  const InternalError = globalThis.InternalError;

  const deepFrozen = (value) => {
    if (typeof value === 'object' && value !== null) { for (const key of ownKeys(value)) deepFrozen(value[key]); freeze(value); }
    return value;
  };

  const invoke = async (id, method, args, config) => {
    isQuiet = false;
    try {
      const context = kit.part('context');
      const controller = new (kit.part('events').AbortController)();
      calls[id] = controller;
      const found = functions.table[method];
      if (!found) throw new TypeError(`${method} is not a function`);
      const settings = deepFrozen(parse(config));
      const values = context.argumentsOf(method, parse(args), settings, controller.signal);
      host.done(id, await apply(found[0], found[1], values), method === 'parseSessions');
    } catch (error) {
      const [name, message] = said(error);
      host.failed(id, name, message, isMemory(error));
    } finally {
      // What watches goes on after its call.
      if (method !== 'startActivityWatch') delete calls[id];
    }
  };

  const engine = {
    part: (name) => exportsOf(name),
    isArray: Array.isArray,
    wellFormed,
    described,
    dateText(value) {
      let time;
      try { time = apply(getTime, value, []); } catch { return undefined; }
      return Number.isNaN(time) ? null : apply(toISOString, value, []);
    },
    adopt(table) { functions.table = table; },
    grant(plugin, kind, env) {
      state.plugin = plugin;
      state.kind = kind;
      kit.part('process').setEnv(parse(env));
    },
    invoke(id, method, args, config) { invoke(id, method, args, config); },
    fire,
    deliver(id, isOk, text, body) {
      const settle = posted[id];
      delete posted[id];
      if (!settle) return;
      if (isOk) settle.resolve({ value: parse(text), body });
      else settle.reject(errorOf(parse(text)));
    },
    watched(watch, event, name) { kit.part('watching').watched(watch, event, name); },
    abort(id, reason) {
      const { DOMException } = kit.part('events');
      const text = reason === 'TimeoutError' ? 'The operation timed out.' : 'This operation was aborted';
      for (const key of id === undefined || id === null ? keysOf(calls) : [id]) calls[key]?.abort(new DOMException(text, reason));
    },
    quiet() {
      isQuiet = true;
      state.generation += 1;
      for (const id of keysOf(timers)) delete timers[id];
      timerCount = 0;
      if (cache.watching) cache.watching.unwatchAll();
      engine.abort(null, 'AbortError');
      for (const id of keysOf(calls)) delete calls[id];
    },
  };

  // ---- modules ----
  const exportsOf = (name) => {
    const withDefault = (exports) => ({ ...exports, default: exports });
    switch (name) {
      case 'fs': return withDefault(kit.part('fs').sync);
      case 'fs/promises': return withDefault(kit.part('fs').promises);
      case 'path': return withDefault(kit.part('path').native);
      case 'path/posix': return withDefault(kit.part('path').posix);
      case 'path/win32': return withDefault(kit.part('path').win32);
      case 'os': return withDefault(kit.part('process').os);
      case 'process': return { ...kit.part('process').exports, default: kit.part('process').process };
      case 'buffer': return withDefault({ Buffer: kit.part('buffer').Buffer, atob: kit.part('text').globals.atob, btoa: kit.part('text').globals.btoa });
      case 'url': return withDefault(kit.part('web').urlModule);
      case 'timers': return withDefault(kit.timers);
      case 'events': return { ...kit.part('emitter'), default: kit.part('emitter').EventEmitter };
      case 'sqlite': return withDefault(kit.part('sqlite'));
      case 'sdk/types': return kit.part('sdk').types;
      case 'sdk/helpers': return kit.part('sdk').helpers;
      case 'sdk': return kit.part('sdk').all;
      case 'testing': return kit.part('testing');
      default: throw new ReferenceError(`no module ${name}`);
    }
  };

  // ---- the global object ----
  const expose = (values) => {
    for (const name of ownKeys(values)) {
      defineProperty(globalThis, name, { value: values[name], writable: true, enumerable: false, configurable: true });
    }
  };
  for (const name of ['SharedArrayBuffer', 'WebAssembly', 'std', 'os', 'bjs', 'print', 'load', 'gc', 'scriptArgs']) delete globalThis[name];
  for (const name of ['wait', 'waitAsync', 'notify']) delete globalThis.Atomics[name];
  // Plugins find these two by the prototype, as the names that are the global object's own are counted.
  const above = create(Object.prototype);
  for (const name of ['isNaN', 'isFinite']) { defineProperty(above, name, { value: globalThis[name], writable: true, configurable: true }); delete globalThis[name]; }
  delete globalThis[Symbol.toStringTag];
  Object.setPrototypeOf(globalThis, above);
  /** Compiles what few plugins use at its first use. */
  const LATER = {
    text: ['TextEncoder', 'TextDecoder', 'atob', 'btoa', 'structuredClone', 'queueMicrotask', 'crypto', 'performance'],
    web: ['URL', 'URLSearchParams'],
    http: ['fetch', 'Headers', 'Request', 'Response'],
    buffer: ['Buffer'],
    console: ['console'],
  };
  for (const part of keysOf(LATER)) {
    for (const name of LATER[part]) {
      const settle = (value) => defineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
      defineProperty(globalThis, name, {
        get() { const value = kit.part(part).globals[name]; settle(value); return value; },
        set: settle, enumerable: false, configurable: true,
      });
    }
  }
  kit.part('language');
  expose(kit.timers);
  expose(kit.part('events'));
  expose({ process: kit.part('process').process });
  kit.part('process').setEnv(host.env);
  return engine;
}
