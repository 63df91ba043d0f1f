import { createNotificationPlugin } from '@tokentop/plugin-sdk';

export default createNotificationPlugin({
  id: '{{id}}',
  type: 'notification',
  name: '{{name}}',
  version: '0.1.0',
  permissions: { network: { enabled: true, allowedDomains: ['hooks.example.com'] } },
  configSchema: { url: { type: 'string', label: 'Address', required: true } },
  async initialize(ctx) {
    if (!ctx.config.url) throw new Error('an address is needed');
  },
  supports: (event) => event.severity !== 'info',
  async notify(ctx, event) {
    const answer = await fetch(ctx.config.url as string, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: `${event.title}: ${event.message}` }),
      signal: ctx.signal,
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  },
});
