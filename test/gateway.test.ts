import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../gateway/config.js';
import { startGateway } from '../gateway/gateway.js';
import { silentLog } from './support/silent-log.js';

describe('starting a gateway', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomline-start-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('fails, saying where it looked, when the rtpengine it is to use does not answer', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = `127.0.0.1:${silent.address().port}`;
    const config = loadConfig({
      ROOMLINE_DATA: folder,
      ROOMLINE_HTTP_PORT: '0',
      ROOMLINE_SIP_PORT: '0',
      ROOMLINE_RTPENGINE: address,
    });
    await assert.rejects(startGateway(config, silentLog), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, new RegExp(`^no rtpengine answers at ${address}: .*ROOMLINE_RTPENGINE`));
      return true;
    });
    silent.close();
  });
});
