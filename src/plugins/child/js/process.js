// process and os: what is the same for every plugin, and the variables that it was granted.
(kit) => {
  'use strict';
  const { host } = kit;
  const { machine } = host;
  let env = Object.freeze(Object.create(null));
  const nextTick = (callback, ...args) => { (async () => { await undefined; callback(...args); })(); };
  const start = host.now();
  const process = {
    get env() { host.looked(); return env; },
    platform: machine.platform,
    arch: machine.arch,
    // A plugin has no place of its own: relative paths are relative to the home.
    cwd: () => '',
    nextTick,
    version: 'v22.0.0',
    versions: Object.freeze({ node: '22.0.0' }),
    pid: 0,
    argv: ['ttop'],
    uptime: () => (host.now() - start) / 1000,
    hrtime: Object.assign((since) => {
      const nanos = Math.floor(host.now() * 1e6) - (since ? since[0] * 1e9 + since[1] : 0);
      return [Math.floor(nanos / 1e9), nanos - Math.floor(nanos / 1e9) * 1e9];
    }, { bigint: () => BigInt(Math.floor(host.now() * 1e6)) }),
    on: () => process,
    once: () => process,
    off: () => process,
  };
  // Not listed: whoever copies what there is does not ask for it.
  Object.defineProperty(process, 'exit', { get() { throw new Error('process.exit is not available to plugins'); } });
  const os = {
    homedir: () => machine.home,
    platform: () => machine.platform,
    arch: () => machine.arch,
    tmpdir: () => machine.temp,
    type: () => ({ darwin: 'Darwin', win32: 'Windows_NT' })[machine.platform] ?? 'Linux',
    EOL: machine.platform === 'win32' ? '\r\n' : '\n',
    hostname: () => 'localhost',
  };
  const exports = {};
  for (const name of Object.keys(process)) Object.defineProperty(exports, name, { get: () => process[name], enumerable: true });
  return {
    process, os, exports,
    // Granted variables answer to their names and are not listed.
    setEnv(values) {
      const granted = Object.create(null);
      for (const name of Object.keys(values)) Object.defineProperty(granted, name, { value: values[name] });
      env = Object.freeze(granted);
    },
    variable: (name) => env[name],
    hasVariable: (name) => name in env,
  };
}
