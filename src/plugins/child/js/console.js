// console: its lines go into the plugin's log.
(kit) => {
  'use strict';
  const { host } = kit;
  const { shown, log, MOST } = kit.part('context');

  /** `%s` and its like, filled in from what follows. */
  const filled = ([format, ...values]) => {
    if (typeof format !== 'string' || !format.includes('%') || values.length === 0) return [format, ...values];
    const text = format.slice(0, MOST).replace(/%([sdifjoOc%])/g, (found, kind) => {
      if (kind === '%') return '%';
      if (values.length === 0) return found;
      const value = values.shift();
      switch (kind) {
        case 's': return shown(value).slice(0, MOST);
        case 'd': return String(Number(value));
        case 'i': return String(Math.trunc(Number(value)));
        case 'f': return String(Number.parseFloat(value));
        case 'c': return '';
        default: return shown(value).slice(0, MOST);
      }
    });
    return [text, ...values];
  };
  const line = (level) => (...given) => {
    let text = '';
    for (const value of filled(given)) { text += (text ? ' ' : '') + shown(value).slice(0, MOST); if (text.length > MOST) break; }
    log(level, text);
  };
  const counts = new Map();
  const begun = new Map();
  const took = (label) => { const at = begun.get(label); if (at !== undefined) console.info(`${label}: ${(host.now() - at).toFixed(1)} ms`); };
  const console = {
    log: line('info'), info: line('info'), debug: line('debug'), trace: line('debug'), warn: line('warn'), error: line('error'),
    dir: (value) => line('info')(value), dirxml: line('info'), table: (value) => line('info')(value),
    group: (...label) => { if (label.length > 0) console.info(...label); }, groupCollapsed: (...label) => console.group(...label), groupEnd() {}, clear() {},
    count(label = 'default') { const name = String(label); counts.set(name, (counts.get(name) ?? 0) + 1); console.info(`${name}: ${counts.get(name)}`); },
    countReset(label = 'default') { counts.delete(String(label)); },
    time(label = 'default') { begun.set(String(label), host.now()); },
    timeLog(label = 'default') { took(String(label)); },
    timeEnd(label = 'default') { took(String(label)); begun.delete(String(label)); },
    assert(ok, ...rest) { if (!ok) console.error('assertion failed', ...rest); },
  };
  return { globals: { console } };
}
