import { createProviderPlugin, apiKeyCredential, credentialFound, credentialMissing } from '@tokentop/plugin-sdk';

export default createProviderPlugin({
  id: '{{id}}',
  type: 'provider',
  name: '{{name}}',
  version: '0.1.0',
  permissions: {
    network: { enabled: true, allowedDomains: ['api.example.com'] },
    env: { read: true, vars: ['{{var}}_API_KEY'] },
  },
  capabilities: { usageLimits: true, apiRateLimits: false, tokenUsage: false, actualCosts: false },
  auth: {
    async discover(ctx) {
      const key = ctx.authSources.env.get('{{var}}_API_KEY');
      return key ? credentialFound(apiKeyCredential(key)) : credentialMissing('Set {{var}}_API_KEY');
    },
    isConfigured: (credentials) => !!credentials.apiKey,
  },
  async fetchUsage(ctx) {
    const answer = await ctx.http.fetch('https://api.example.com/v1/usage', {
      headers: { Authorization: `Bearer ${ctx.credentials.apiKey}` },
      signal: ctx.signal,
    });
    if (!answer.ok) return { fetchedAt: Date.now(), error: `HTTP ${answer.status}` };
    const body = (await answer.json()) as { usedPercent: number };
    return { fetchedAt: Date.now(), limits: { primary: { usedPercent: body.usedPercent, windowMinutes: 300 } } };
  },
});
