// What the engine does slowly, or not at all, of the language itself.
(kit) => {
  'use strict';
  const { apply } = Reflect;

  // The engine tries a pattern at every index when it splits. Searching for the next match gives the same parts.
  const exec = RegExp.prototype.exec;
  const slowSplit = RegExp.prototype[Symbol.split];
  const splitText = String.prototype.split;
  /** Ends of lines: looking for the last character alone is many times faster. */
  const LINES = ['\\n', '\\r?\\n', '\\r\\n|\\n', '\\n|\\r\\n'];
  const lines = (text, keepsReturn) => {
    const parts = apply(splitText, text, ['\n']);
    if (!keepsReturn) {
      for (let at = 0; at < parts.length - 1; at += 1) if (parts[at].endsWith('\r')) parts[at] = parts[at].slice(0, -1);
    }
    return parts;
  };
  const split = function (text, limit) {
    if (this.constructor !== RegExp || this.exec !== exec || this.sticky) return apply(slowSplit, this, [text, limit]);
    const source = String(text);
    const most = limit === undefined ? 4294967295 : limit >>> 0;
    if (most === 0) return [];
    if (limit === undefined && LINES.includes(this.source)) return lines(source, this.source === '\\n');
    const finder = new RegExp(this.source, this.flags.includes('g') ? this.flags : `${this.flags}g`);
    if (source.length === 0) return apply(exec, finder, [source]) === null ? [source] : [];
    const parts = [];
    let begin = 0;
    let at = 0;
    while (at < source.length) {
      finder.lastIndex = at;
      const match = apply(exec, finder, [source]);
      if (match === null || match.index >= source.length) break;
      const end = match.index + match[0].length;
      if (end === begin && match[0].length === 0) {
        at = match.index + (this.unicode && source.codePointAt(match.index) > 0xffff ? 2 : 1);
        continue;
      }
      parts.push(source.slice(begin, match.index));
      if (parts.length === most) return parts;
      for (let group = 1; group < match.length; group += 1) {
        parts.push(match[group]);
        if (parts.length === most) return parts;
      }
      begin = end;
      at = end;
    }
    parts.push(source.slice(begin));
    return parts;
  };
  Object.defineProperty(RegExp.prototype, Symbol.split, { value: split, writable: true, configurable: true });

  // Numbers as en-US has them, whatever the locale.
  for (const prototype of [Number.prototype, BigInt.prototype]) {
    Object.defineProperty(prototype, 'toLocaleString', { value(locale, options) { return apply(kit.part('numbers'), this.valueOf(), [locale, options]); }, writable: true, configurable: true });
  }

  return {};
}
