import { createAgentPlugin, type SessionUsageData } from '@tokentop/plugin-sdk';
import * as fs from 'fs/promises';
import * as os from 'os';
import * as path from 'path';

const HOME = path.join(os.homedir(), '.{{id}}', 'sessions');

interface Reply { at: string; provider: string; model: string; input: number; output: number }

export default createAgentPlugin({
  id: '{{id}}',
  type: 'agent',
  name: '{{name}}',
  version: '0.1.0',
  permissions: { filesystem: { read: true, paths: ['~/.{{id}}'] } },
  agent: { name: '{{name}}', command: '{{id}}', sessionPath: HOME },
  capabilities: { sessionParsing: true, authReading: false, realTimeTracking: false, multiProvider: true },
  isInstalled: () => fs.access(HOME).then(() => true, () => false),
  async parseSessions() {
    const rows: SessionUsageData[] = [];
    for (const name of await fs.readdir(HOME)) {
      const lines = (await fs.readFile(path.join(HOME, name), 'utf-8')).split('\n').filter((line) => line !== '');
      for (const line of lines) {
        const reply = JSON.parse(line) as Reply;
        rows.push({
          sessionId: path.basename(name, '.jsonl'),
          providerId: reply.provider,
          modelId: reply.model,
          tokens: { input: reply.input, output: reply.output },
          timestamp: Date.parse(reply.at),
        });
      }
    }
    return rows;
  },
});
