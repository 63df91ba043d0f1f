// @tokentop/plugin-sdk: what its version 1.5 exports, in our own words where words are free.
(kit) => {
  'use strict';
  const { PluginPermissionError } = kit;
  const CURRENT_API_VERSION = 2;
  const SDK_VERSION = '1.5.0';
  const isText = (value) => typeof value === 'string' && value !== '';

  const create = (type, name) => (plugin) => {
    const wrong = (message) => { throw new Error(message); };
    if (!isText(plugin?.id)) wrong('Plugin must have a non-empty string "id"');
    if (!/^[a-z][a-z0-9-]*$/.test(plugin.id)) wrong(`Plugin id "${plugin.id}" must be kebab-case (lowercase letters, numbers, hyphens)`);
    // The guide names plugins in meta; ttop takes that and warns.
    if (!isText(plugin.name) && !isText(plugin.meta?.name)) wrong('Plugin must have a non-empty string "name"');
    if (!isText(plugin.version) || !/^\d+\.\d+\.\d+/.test(plugin.version)) wrong('Plugin must have a valid semver version (e.g. "1.0.0")');
    if (plugin.type !== type) wrong(`${name} requires type: "${type}"`);
    return { ...plugin, apiVersion: CURRENT_API_VERSION };
  };
  const set = (object, values) => {
    for (const [key, value] of Object.entries(values)) if (value !== undefined) object[key] = value;
    return object;
  };
  const missed = (reason) => (message) => set({ ok: false, reason }, { message });
  const isCompatible = (version) => version === CURRENT_API_VERSION;
  const helpers = {
    CURRENT_API_VERSION,
    SDK_VERSION,
    createProviderPlugin: create('provider', 'createProviderPlugin'),
    createAgentPlugin: create('agent', 'createAgentPlugin'),
    createThemePlugin: create('theme', 'createThemePlugin'),
    createNotificationPlugin: create('notification', 'createNotificationPlugin'),
    apiKeyCredential: (apiKey, source = 'env') => ({ apiKey, source }),
    oauthCredential: (accessToken, { refreshToken, expiresAt, accountId, managedProjectId, source = 'external' } = {}) => ({
      oauth: set({ accessToken }, { refreshToken, expiresAt, accountId, managedProjectId }), source,
    }),
    credentialFound: (credentials) => ({ ok: true, credentials }),
    credentialMissing: missed('missing'),
    credentialExpired: missed('expired'),
    credentialInvalid: missed('invalid'),
    credentialError: missed('error'),
    isTokenExpired: (at, buffer = 300000) => at !== undefined && at !== null && Date.now() + buffer >= at,
    isCompatible,
    assertCompatible(id, version) {
      if (isCompatible(version)) return;
      const advice = version > CURRENT_API_VERSION ? 'Update tokentop to use this plugin.' : 'Update the plugin to the latest SDK.';
      throw new Error(`Plugin "${id}" requires API version ${version}, but this SDK supports version ${CURRENT_API_VERSION}. ${advice}`);
    },
  };
  return { helpers, types: { CURRENT_API_VERSION, SDK_VERSION, PluginPermissionError }, all: { ...helpers, PluginPermissionError } };
}
