// What each function of a plugin is called with.
(function (kit) {
  'use strict';
  const { host, call, state, PluginPermissionError } = kit;
  const { parse, stringify } = JSON;
  const { freeze } = Object;

  const shown = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    try { return stringify(value) ?? String(value); } catch { return String(value); }
  };
  const MOST = 4096;
  const log = (level, message, data) => {
    const text = data === undefined ? shown(message) : `${shown(message)} ${shown(data)}`;
    host.log(level, kit.wellFormed(text.length > MOST ? text.slice(0, MOST) : text));
  };
  const logger = () => freeze({
    debug: (message, data) => log('debug', message, data),
    info: (message, data) => log('info', message, data),
    warn: (message, data) => log('warn', message, data),
    error: (message, data) => log('error', message, data),
  });
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

  const expanded = (path) => {
    const text = String(path);
    const { home } = host.machine;
    return text === '~' ? home : text.startsWith('~/') ? home + text.slice(1) : text;
  };
  const files = () => {
    const readText = async (path) => {
      try { return call({ op: 'read', path: expanded(path) }, undefined, true).body; } catch (error) {
        if (error instanceof PluginPermissionError) throw error;
        return null;
      }
    };
    return {
      readText,
      async readJson(path) { const text = await readText(path); if (text === null) return null; try { return parse(text); } catch { return null; } },
      async exists(path) {
        try { call({ op: 'stat', path: expanded(path), follow: true }); return true; } catch (error) {
          if (error instanceof PluginPermissionError) throw error;
          return false;
        }
      },
    };
  };
  const environment = {
    get(name) {
      const text = String(name);
      const vars = kit.part('process');
      if (vars.hasVariable(text)) return vars.variable(text);
      // Set or not: only ttop knows whether it may be asked for.
      return call({ op: 'env', name: text }).value ?? undefined;
    },
  };
  const both = (entry) => {
    const out = { ...entry };
    for (const [short, long] of [['access', 'accessToken'], ['refresh', 'refreshToken'], ['expires', 'expiresAt']]) {
      const value = out[short] ?? out[long];
      if (value !== undefined) { out[short] = value; out[long] = value; }
    }
    return out;
  };
  const authSources = () => freeze({
    env: { get: environment.get },
    files: files(),
    opencode: {
      async getProviderEntry(key) {
        const { value } = call({ op: 'entry', name: String(key) });
        return value === null ? null : both(value);
      },
    },
    platform: { os: host.machine.platform, homedir: host.machine.home, arch: host.machine.arch },
  });
  const storage = () => freeze({
    get: async (key) => call({ op: 'storageGet', key: String(key) }).value,
    set: async (key, value) => { call({ op: 'storageSet', key: String(key), value: String(value) }); },
    delete: async (key) => { call({ op: 'storageDelete', key: String(key) }); },
    has: async (key) => call({ op: 'storageGet', key: String(key) }).value !== null,
  });
  const http = () => freeze({ fetch: (url, init) => kit.part('http').fetch(url, init) });
  const pluginContext = (config, signal) => freeze({ config, logger: logger(), http: http(), authSources: authSources(), storage: storage(), signal });
  const agentContext = (config, signal) => freeze({ http: http(), logger: logger(), config, signal });
  const noticeContext = (config, signal) => freeze({ logger: logger(), config, signal });
  const hookContext = (config, signal) => (state.kind === 'notification' ? noticeContext(config, signal) : { config, logger: logger() });

  const argumentsOf = (method, args, config, signal) => {
    switch (method) {
      case 'onConfigChange': return [config, hookContext(config, signal)];
      case 'auth.discover': case 'healthCheck': case 'isInstalled': case 'stopActivityWatch': return [pluginContext(config, signal)];
      case 'auth.isConfigured': return [args.credentials];
      case 'fetchUsage': return [{ credentials: args.credentials, http: http(), logger: logger(), config, signal, options: args.options }];
      case 'pricing.mapModelId': return [args.modelId];
      case 'parseSessions': return [args.options, agentContext(config, signal)];
      case 'getProviders': case 'readCredentials': return [agentContext(config, signal)];
      case 'startActivityWatch': {
        const generation = state.generation;
        const callback = (update) => { if (generation === state.generation) host.activity(update); };
        return [pluginContext(config, signal), callback];
      }
      case 'notify': return [noticeContext(config, signal), args.event];
      case 'supports': return [args.event];
      case 'test': return [noticeContext(config, signal)];
      default: return [hookContext(config, signal)];
    }
  };
  return { argumentsOf, console };
})
