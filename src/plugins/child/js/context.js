// What each function of a plugin is called with.
(kit) => {
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
  return { argumentsOf, shown, log, MOST };
}
