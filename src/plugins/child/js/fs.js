// fs: ttop opens, reads and lists; every call asks it.
(kit) => {
  'use strict';
  const { host, call } = kit;
  const buffers = () => kit.part('buffer');
  const texts = () => kit.part('text');
  const handles = () => kit.part('handles');
  const PART = 4 << 20;

  const pathText = (path) => {
    if (typeof path === 'string') return path;
    if (path instanceof kit.part('web').globals.URL) return kit.part('web').fileURLToPath(path);
    if (path instanceof Uint8Array) return host.decode(texts().binary(path));
    if (typeof path === 'number') throw Object.assign(new Error('EBADF: no such descriptor'), { code: 'EBADF' });
    return String(path);
  };
  const isAbsolute = host.machine.platform === 'win32' ? (text) => kit.part('path').win32.isAbsolute(text) : (text) => text[0] === '/';
  const absolute = (path) => { const text = pathText(path); return isAbsolute(text) || text === '' ? text : `${host.machine.home}/${text}`; };
  const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding) ?? null;

  class Stats {
    constructor(raw) {
      this.size = raw.size;
      this.mode = raw.mode ?? 0;
      this.ino = raw.ino;
      for (const name of ['mtime', 'ctime', 'birthtime', 'atime']) {
        const [seconds, nanos] = raw[name] ?? raw.mtime;
        const ms = seconds * 1000 + nanos / 1e6;
        this[`${name}Ms`] = ms;
        this[name] = new Date(ms);
      }
      Object.defineProperty(this, 'kind', { value: raw.kind });
    }
    isFile() { return this.kind === 'file'; }
    isDirectory() { return this.kind === 'folder'; }
    isSymbolicLink() { return this.kind === 'link'; }
    isFIFO() { return false; }
    isSocket() { return false; }
    isBlockDevice() { return false; }
    isCharacterDevice() { return false; }
  }
  class Dirent {
    #kind;
    constructor(name, kind, parentPath) {
      this.name = name;
      this.parentPath = parentPath;
      this.path = parentPath;
      this.#kind = kind;
    }
    isFile() { return this.#kind === 'file'; }
    isDirectory() { return this.#kind === 'folder'; }
    isSymbolicLink() { return this.#kind === 'link'; }
    isFIFO() { return false; }
    isSocket() { return false; }
    isBlockDevice() { return false; }
    isCharacterDevice() { return false; }
  }

  /** Everything of a file; a long one comes in parts that fit into frames. */
  const readAll = (path, encoding) => {
    const name = encoding === null ? null : String(encoding).toLowerCase();
    const isText = name === 'utf8' || name === 'utf-8';
    const { value, body } = call({ op: 'read', path: absolute(path) }, undefined, isText);
    if (value.handle === undefined) return isText ? body : encoding ? buffers().shared(body).toString(encoding) : buffers().shared(body);
    const parts = [];
    try {
      for (let at = 0; ;) {
        const part = call({ op: 'handleRead', handle: value.handle, length: PART, position: at }).body;
        if (part.length === 0) break;
        parts.push(part);
        at += part.length;
      }
    } finally { call({ op: 'handleClose', handle: value.handle }); }
    const all = buffers().Buffer.concat(parts);
    return encoding ? all.toString(encoding) : all;
  };
  const readFile = (path, options) => readAll(path, encodingOf(options));
  const stat = (path) => new Stats(call({ op: 'stat', path: absolute(path), follow: true }).value);
  const lstat = (path) => new Stats(call({ op: 'stat', path: absolute(path), follow: false }).value);
  /** `undefined` for what is not there, where that was asked for. */
  const orNothing = (look) => (path, options) => {
    try { return look(path); } catch (error) {
      if (options?.throwIfNoEntry === false && error?.code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const readdir = (path, options) => {
    const folder = absolute(path);
    const list = call({ op: 'list', path: folder }).value;
    if (options?.recursive === true) {
      const all = [];
      for (const [name, kind] of list) {
        all.push([name, kind, folder]);
        if (kind === 'folder') for (const below of readdir(`${folder}/${name}`, { recursive: true, raw: true })) all.push([`${name}/${below[0]}`, below[1], below[2]]);
      }
      if (options.raw) return all;
      return all.map(([name, kind, parent]) => (options.withFileTypes ? new Dirent(name.slice(name.lastIndexOf('/') + 1), kind, parent) : name));
    }
    return list.map(([name, kind]) => (options?.withFileTypes === true ? new Dirent(name, kind, folder) : name));
  };
  const access = (path, mode = 0) => {
    stat(path);
    // Whether it may be written is only known to ttop.
    if ((mode & 2) !== 0) call({ op: 'mayWrite', path: absolute(path) });
  };
  const realpath = (path) => call({ op: 'realpath', path: absolute(path) }).value;
  const isWriting = (flags) => (typeof flags === 'number' ? (flags & 3) !== 0 || (flags & ~3) !== 0 : !['r', 'rs', 'sr'].includes(String(flags ?? 'r')));
  const open = (path, flags) => {
    if (isWriting(flags)) call({ op: 'write', path: absolute(path), append: true }, '');
    return call({ op: 'open', path: absolute(path) }).value;
  };
  const dataBytes = (data, options) => (typeof data === 'string' ? buffers().Buffer.from(data, encodingOf(options) ?? 'utf8') : texts().bytesOf(data));
  const writeFile = (path, data, options) => { call({ op: 'write', path: absolute(path), append: options?.flag === 'a' }, texts().binary(dataBytes(data, options))); };
  const appendFile = (path, data, options) => { call({ op: 'write', path: absolute(path), append: true }, texts().binary(dataBytes(data, options))); };
  const mkdir = (path, options) => { call({ op: 'makeFolder', path: absolute(path), recursive: options?.recursive === true }); };
  const rename = (from, to) => { call({ op: 'rename', from: absolute(from), to: absolute(to) }); };
  const unlink = (path) => { call({ op: 'remove', path: absolute(path) }); };
  const existsSync = (path) => { try { stat(path); return true; } catch { return false; } };

  const constants = Object.freeze({ F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2 });
  const plain = { readFile, stat, lstat, readdir, access, realpath, writeFile, appendFile, mkdir, rename, unlink };
  const promises = { constants, open: async (path, flags) => new (handles().FileHandle)(open(path, flags)) };
  const watch = (path, ...more) => kit.part('watching').watch(absolute(path), ...more);
  const sync = { promises, existsSync, watch, constants, openSync: open };
  for (const name of Object.keys(plain)) {
    promises[name] = async (...args) => plain[name](...args);
    sync[`${name}Sync`] = plain[name];
    sync[name] = (...args) => {
      const callback = args.pop();
      if (typeof callback !== 'function') throw new TypeError(`fs.${name} needs a callback: use fs.promises.${name} or fs.${name}Sync`);
      promises[name](...args).then((value) => callback(null, value), (error) => callback(error));
    };
  }
  sync.statSync = orNothing(stat);
  sync.lstatSync = orNothing(lstat);
  sync.open = (path, flags, callback) => {
    const done = typeof flags === 'function' ? flags : callback;
    (async () => open(path, typeof flags === 'function' ? 'r' : flags))().then((fd) => done(null, fd), (error) => done(error));
  };
  sync.closeSync = (fd) => { call({ op: 'handleClose', handle: Number(fd) }); };
  sync.readSync = (fd, buffer, offset = 0, length = buffer.length - offset, position = null) => {
    if (typeof position !== 'number') throw new TypeError('readSync needs a position: use fs.promises.open');
    const part = handles().handleRead(Number(fd), length, position);
    texts().bytesOf(buffer).set(part, offset);
    return part.length;
  };
  return { sync, promises, Stats, encodingOf };
}
