import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WebSocketPhone } from '../support/websocket-phone.js';
import { yamlFile } from '../support/yaml-file.js';

interface VoiceAnswer {
  readonly room: { readonly number: string };
  readonly client: { readonly username: string; readonly password: string };
}

interface Listed {
  readonly invitations: readonly { readonly state: string; readonly tries: number }[];
}

const EXCLUSIVE = { kind: 'exclusive-voice-communication' };

describe('a gateway that is killed while it rings the invited', function () {
  this.timeout(120_000);

  it('calls them again, once they are back, when it is started again', async () => {
    const environment = {
      DATABASE_URL: `sqlite:${temporaryFolder('killed')}/roomline.sqlite`,
      ROOMLINE_CONFIG: yamlFile({ invitations: { ringSeconds: 20 } }),
    };
    const killed = await GatewayProcess.start(environment);
    const { body } = await killed.api.request<VoiceAnswer>('bob', 'POST', '/v1/voice-requests', EXCLUSIVE);
    const { username, password } = body.client;
    // By what was given out before: the gateway waits a few seconds for phones to come back, and no longer.
    const open = async ({ api }: GatewayProcess) => {
      const phone = await WebSocketPhone.open(`${api.url.replace('http', 'ws')}/sip`, 'bob');
      phone.onCall = 'ring';
      assert.equal((await phone.ask('REGISTER', 'sip:127.0.0.1', { username, password })).status, 200);
      return phone;
    };
    const browser = await open(killed);
    const asked = { ...EXCLUSIVE, kind: 'exclusive-voice-communication-invitation', invite: ['bob'] };
    const { body: answer } = await killed.api.request<VoiceAnswer>('alice', 'POST', '/v1/voice-requests', asked);
    await browser.called();
    killed.child.killNow();
    await killed.child.exited;
    browser.vanish();
    const gateway = await GatewayProcess.start(environment);
    try {
      const path = `/v1/rooms/${answer.room.number}/invitations`;
      const look = () => gateway.api.request<Listed>('alice', 'GET', path);
      const back = await open(gateway);
      await eventually(
        'the invitation to ring again',
        look,
        ({ body: seen }) => seen.invitations[0]?.state === 'ringing' && seen.invitations[0].tries === 2,
        40_000,
      );
      await back.called();
      back.vanish();
    } finally {
      await gateway.stop();
      await killed.stop();
    }
  });
});
