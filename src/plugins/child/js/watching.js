// Watches: ttop reports the changes.
(kit) => {
  'use strict';
  const { host, call } = kit;
  const watchers = new Map();
  let Watcher;
  const watcherOf = (id) => {
    Watcher ??= class FSWatcher extends kit.part('emitter').EventEmitter {
      #id;
      constructor(watch) { super(); this.#id = watch; }
      close() {
        if (!watchers.delete(this.#id)) return;
        host.waits(-1);
        call({ op: 'unwatch', watch: this.#id });
        this.emit('close');
      }
      ref() { return this; }
      unref() { return this; }
    };
    return new Watcher(id);
  };
  const watch = (path, options, listener) => {
    const callback = typeof options === 'function' ? options : listener;
    const id = call({ op: 'watch', path, recursive: typeof options === 'object' && options?.recursive === true }).value;
    const watcher = watcherOf(id);
    if (typeof callback === 'function') watcher.on('change', callback);
    watchers.set(id, watcher);
    host.waits(1);
    return watcher;
  };
  const watched = (id, event, name) => { watchers.get(id)?.emit('change', event, name ?? null); };
  const unwatchAll = () => { for (let left = watchers.size; left > 0; left -= 1) host.waits(-1); watchers.clear(); };
  return { watch, watched, unwatchAll };
}
