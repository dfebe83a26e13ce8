import { join } from 'node:path';
import { VOICE_REQUEST_KINDS, type VoiceRequestKind } from '../../gateway/rooms/voice-requests.js';
import { GatewayProcess } from '../support/gateway.js';
import { createMariadbDatabase, mariadbIsInstalled, stopMariadb } from '../support/mariadb.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type BenchRow, load } from './api-bench.js';

const WARM_UP_MS = 500;
const MEASURED_MS = 3_000;

/** What each kind is asked with. Temporary rooms are new ones every time: the dearest case. */
const FIELDS: Record<VoiceRequestKind, object> = {
  'voice-communication': { group: 'engineering' },
  'voice-communication-invitation': { group: 'engineering', invite: ['bob'] },
  'temporary-voice-communication': {},
  'temporary-voice-communication-invitation': { invite: ['bob'] },
  'exclusive-voice-communication': {},
  'exclusive-voice-communication-invitation': { invite: ['bob'] },
};

/**
 * Requests a second of each kind, answered by a whole gateway on an empty database. Whoever is invited has no phone
 * registered: that they are unreachable is found out and written down meanwhile.
 */
export async function benchRequests(): Promise<BenchRow[]> {
  const file = join(temporaryFolder('request-bench'), 'bench.sqlite');
  const rows = await benchOn('SQLite', `sqlite:${file}`);
  if (!mariadbIsInstalled) return rows;
  try {
    const { url } = await createMariadbDatabase();
    return [...rows, ...(await benchOn('MariaDB', url))];
  } finally {
    await stopMariadb();
  }
}

async function benchOn(database: string, url: string): Promise<BenchRow[]> {
  const gateway = await GatewayProcess.start({ DATABASE_URL: url });
  try {
    const rows: BenchRow[] = [];
    for (const kind of VOICE_REQUEST_KINDS) {
      const text = await requestText(gateway, { kind, ...FIELDS[kind] });
      const port = Number(new URL(gateway.api.url).port);
      await load(port, text, WARM_UP_MS);
      const { requests, seconds } = await load(port, text, MEASURED_MS);
      rows.push({ what: `${kind}, ${database}`, value: Math.round(requests / seconds), unit: 'requests/s' });
    }
    return rows;
  } finally {
    await gateway.stop();
  }
}

async function requestText(gateway: GatewayProcess, body: object): Promise<string> {
  const content = JSON.stringify(body);
  return [
    'POST /v1/voice-requests HTTP/1.1',
    `Host: ${new URL(gateway.api.url).host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(content)}`,
    `Authorization: Bearer ${await gateway.api.login('alice')}`,
    '',
    content,
  ].join('\r\n');
}
