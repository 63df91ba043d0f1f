// path, in both flavours.
(kit) => {
  'use strict';
  const text = (path) => {
    if (typeof path !== 'string') throw Object.assign(new TypeError('the path must be a string'), { code: 'ERR_INVALID_ARG_TYPE' });
    return path;
  };
  const flavour = (isWindows) => {
    const sep = isWindows ? '\\' : '/';
    const isSep = (c) => c === '/' || (isWindows && c === '\\');
    const pieces = (path) => path.split(isWindows ? /[\\/]+/ : /\/+/).filter((piece) => piece !== '');
    /** The part that cannot be climbed out of: '/', 'C:\', 'C:' or nothing. */
    const rootOf = (path) => {
      // `\\server\share\` cannot be left either.
      const share = isWindows ? /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)(?:[\\/]|$)/.exec(path) : null;
      if (share) return `\\\\${share[1]}\\${share[2]}\\`;
      const drive = isWindows ? /^[A-Za-z]:/.exec(path)?.[0] ?? '' : '';
      return drive + (isSep(path[drive.length]) ? sep : '');
    };
    const isAbsolute = (path) => rootOf(text(path)).endsWith(sep);
    const collapsed = (list, isRooted) => {
      const out = [];
      for (const piece of list) {
        if (piece === '.') continue;
        if (piece !== '..') out.push(piece);
        else if (out.length > 0 && out[out.length - 1] !== '..') out.pop();
        else if (!isRooted) out.push('..');
      }
      return out;
    };
    const normalize = (path) => {
      if (text(path) === '') return '.';
      const root = rootOf(path);
      const rest = path.slice(root.length);
      const body = collapsed(pieces(rest), root.endsWith(sep)).join(sep);
      const tail = body !== '' && isSep(path[path.length - 1]) ? sep : '';
      return root + body + tail || `.${isSep(path[path.length - 1]) ? sep : ''}`;
    };
    const join = (...paths) => {
      const joined = paths.map(text).filter((path) => path !== '').join(sep);
      return joined === '' ? '.' : normalize(joined);
    };
    const cwd = () => kit.host.machine.home;
    const resolve = (...paths) => {
      let full = '';
      for (const path of [cwd(), ...paths.map(text)]) {
        if (path === '') continue;
        full = isAbsolute(path) ? path : `${full}${sep}${path}`;
      }
      const root = rootOf(full);
      return root + collapsed(pieces(full.slice(root.length)), true).join(sep) || root;
    };
    const trimmed = (path, least) => {
      let end = path.length;
      while (end > least && isSep(path[end - 1])) end -= 1;
      return path.slice(0, end);
    };
    const lastSep = (path) => {
      for (let at = path.length - 1; at >= 0; at -= 1) if (isSep(path[at])) return at;
      return -1;
    };
    const basename = (path, suffix) => {
      const root = rootOf(text(path));
      if (suffix !== undefined && suffix === path) return '';
      const plain = trimmed(path, root.length);
      const name = plain.slice(Math.max(lastSep(plain) + 1, root.length));
      return suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
    };
    const dirname = (path) => {
      const root = rootOf(text(path));
      const plain = trimmed(path, root.length);
      const at = lastSep(plain);
      if (at < root.length) return root || '.';
      return trimmed(plain.slice(0, at), root.length) || '.';
    };
    const extname = (path) => {
      const name = basename(path);
      const at = name.lastIndexOf('.');
      return at <= 0 || name === '..' ? '' : name.slice(at);
    };
    const relative = (from, to) => {
      const [a, b] = [resolve(from), resolve(to)];
      const [left, right] = [pieces(a), pieces(b)];
      const same = (x, y) => (isWindows ? x.toLowerCase() === y.toLowerCase() : x === y);
      let common = 0;
      while (common < left.length && common < right.length && same(left[common], right[common])) common += 1;
      return [...left.slice(common).map(() => '..'), ...right.slice(common)].join(sep);
    };
    const parse = (path) => {
      const root = rootOf(text(path));
      const base = basename(path);
      const ext = extname(path);
      const dir = dirname(path);
      return { root, dir: dir === '.' && !path.startsWith('.') ? '' : dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
    };
    const format = ({ root = '', dir, base, name = '', ext = '' }) => {
      const file = base ?? name + (ext && !ext.startsWith('.') ? `.${ext}` : ext);
      if (!dir) return root + file;
      return dir === root ? dir + file : dir + sep + file;
    };
    const toNamespacedPath = (path) => path;
    return { sep, delimiter: isWindows ? ';' : ':', join, resolve, normalize, basename, dirname, extname, relative, isAbsolute, parse, format, toNamespacedPath };
  };
  const posix = flavour(false);
  const win32 = flavour(true);
  for (const one of [posix, win32]) Object.assign(one, { posix, win32 });
  return { posix, win32, native: kit.host.machine.platform === 'win32' ? win32 : posix };
}
