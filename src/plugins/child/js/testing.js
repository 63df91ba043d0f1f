// @tokentop/plugin-sdk/testing: contexts of made-up variables, files and answers.
(kit) => {
  'use strict';
  const { Response } = kit.part('http');
  const { AbortController } = kit.part('events');
  const createMockLogger = () => {
    const entries = [];
    const log = (level) => (message, data) => { entries.push(data === undefined ? { level, message } : { level, message, data }); };
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), entries, clear() { entries.length = 0; } };
  };
  const createMockHttpClient = ({ mocks = {}, defaultStatus = 404 } = {}) => {
    const calls = [];
    const fetch = async (url, init) => {
      calls.push(init === undefined ? { url } : { url, init });
      const mock = Object.hasOwn(mocks, url) ? mocks[url] : null;
      if (!mock) return new Response(null, { status: defaultStatus });
      const text = mock.body === undefined ? null : typeof mock.body === 'string' ? mock.body : JSON.stringify(mock.body);
      return new Response(text, { status: mock.status ?? 200, headers: { 'content-type': 'application/json', ...mock.headers } });
    };
    return { fetch, calls };
  };
  const createMockStorage = (initial = {}) => {
    const store = new Map(Object.entries(initial));
    return {
      store,
      get: async (key) => store.get(key) ?? null,
      set: async (key, value) => { store.set(key, value); },
      delete: async (key) => { store.delete(key); },
      has: async (key) => store.has(key),
    };
  };
  const common = ({ config = {}, httpMocks = {} } = {}) => ({
    config, logger: createMockLogger(), http: createMockHttpClient({ mocks: httpMocks }), signal: new AbortController().signal,
  });
  const createTestContext = (options = {}) => {
    const { env = {}, files = {}, storage = {}, opencode = {} } = options;
    const has = (path) => Object.hasOwn(files, path);
    const { machine } = kit.host;
    return {
      ...common(options),
      authSources: {
        env: { get: (name) => (Object.hasOwn(env, name) ? env[name] : undefined) },
        files: {
          readText: async (path) => (has(path) ? files[path] : null),
          readJson: async (path) => { try { return has(path) ? JSON.parse(files[path]) : null; } catch { return null; } },
          exists: async (path) => has(path),
        },
        opencode: { getProviderEntry: async (key) => (Object.hasOwn(opencode, key) ? opencode[key] : null) },
        platform: { os: machine.platform, homedir: machine.home, arch: machine.arch },
      },
      storage: createMockStorage(storage),
    };
  };
  const createTestProviderFetchContext = (credentials, options = {}) => ({ credentials, ...common(options), ...(options.options ? { options: options.options } : {}) });
  const createTestAgentFetchContext = (options = {}) => common(options);
  return { createTestContext, createTestProviderFetchContext, createTestAgentFetchContext, createMockLogger, createMockHttpClient, createMockStorage };
}
