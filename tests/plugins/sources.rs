//! Plugins in the words of the SDK: an agent, a provider and a notification.

pub const AGENT: &str = r#"
import { createAgentPlugin } from '@tokentop/plugin-sdk';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
export default createAgentPlugin({
  id: 'ID', type: 'agent', name: 'Acme', version: '1.0.0',
  permissions: { filesystem: { read: true, paths: ['~/.acme'] } },
  agent: { name: 'Acme Code' },
  capabilities: { sessionParsing: true, authReading: false, realTimeTracking: false, multiProvider: false },
  isInstalled: async () => true,
  async parseSessions(options, ctx) {
    ctx.logger.info('parsing');
    const text = await readFile(`${homedir()}/.acme/usage.jsonl`, 'utf8');
    return text.trim().split('\n').map((line) => JSON.parse(line));
  },
});
"#;

pub const PROVIDER: &str = r#"
import { createProviderPlugin, apiKeyCredential, credentialFound, credentialMissing } from '@tokentop/plugin-sdk';
export default createProviderPlugin({
  id: 'acme', type: 'provider', name: 'Acme', version: '1.0.0',
  permissions: { env: { read: true, vars: ['ACME_KEY'] } },
  capabilities: { usageLimits: true, apiRateLimits: false, tokenUsage: true, actualCosts: true },
  auth: {
    discover: async (ctx) => { const key = ctx.authSources.env.get('ACME_KEY'); return key ? credentialFound(apiKeyCredential(key)) : credentialMissing('no key'); },
    isConfigured: (credentials) => credentials.apiKey?.length > 0,
  },
  pricing: { mapModelId: (model) => model.split(':')[0], staticPrices: { 'acme-1': { input: 1, output: 2 } } },
  fetchUsage: async (ctx) => ({
    fetchedAt: Date.now(), planType: ctx.credentials.apiKey === 'CANARY-KEY' ? 'Pro' : 'None',
    limits: { primary: { usedPercent: 41.5, label: 'Weekly calls', windowMinutes: 10080 } },
    cost: { actual: { total: 4.2, currency: 'USD' }, source: 'api' }, tokens: { input: 10, output: 20, cacheRead: 3 },
  }),
});
"#;

pub const SINK: &str = r#"
import { createNotificationPlugin } from '@tokentop/plugin-sdk';
export default createNotificationPlugin({
  id: 'hook', type: 'notification', name: 'Hook', version: '1.0.0', permissions: {},
  configSchema: {
    channel: { type: 'string', required: true }, most: { type: 'number', min: 1, max: 9 },
    tone: { type: 'select', options: [{ value: 'low', label: 'Low' }, { value: 'high', label: 'High' }] },
  },
  async initialize(ctx) { ctx.logger.info(`hello ${ctx.config.channel}`); },
  supports: (event) => event.type.startsWith('budget.'),
  async notify(ctx, event) { ctx.logger.info(`got ${event.type} ${Object.keys(event).sort().join(',')}`); },
  async test(ctx) { ctx.logger.info('tested'); return true; },
  async stop(ctx) { ctx.logger.info('stopped'); },
});
"#;
