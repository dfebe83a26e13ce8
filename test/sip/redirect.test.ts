import assert from 'node:assert/strict';
import type { Identity } from '../../gateway/sip/identity.js';
import type { OutsideInvite } from '../../gateway/sip/outside-line.js';
import { createRedirect } from '../../gateway/sip/redirect.js';
import { MemoryContacts, ROOM, user } from './fakes.js';

function setUp() {
  const contacts = new MemoryContacts();
  const asked: string[] = [];
  for (const name of ['bob', 'carol']) {
    contacts.bindings.push({
      userId: `id-${name}`,
      userName: name,
      contactUri: `sip:${name}@192.0.2.1:5070;transport=tcp`,
      callId: name,
      cseq: 1,
      transport: 'tcp',
      sourceAddress: '192.0.2.1',
      sourcePort: 5070,
      userAgent: '',
      registeredAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    });
  }
  const redirect = createRedirect({
    contacts,
    outsideLine: {
      async place(tel) {
        asked.push(tel);
        return tel.startsWith('+49') ? placed(tel) : { refused: 'not-allowed' };
      },
    },
  });
  async function follow(uris: readonly string[], identity: Identity = { user: user('bob') }) {
    const target = await redirect(uris, { room: ROOM, inviter: user('alice'), callerName: 'ALICE', identity });
    if (target === undefined) return undefined;
    return 'contact' in target ? target.contact.contactUri : target.line.tel;
  }
  return { follow, asked };
}

function placed(tel: string): OutsideInvite {
  const target = { address: '192.0.2.9', port: 5060, transport: 'udp' } as const;
  return {
    trunk: 'provider',
    tel,
    invite: { uri: `sip:${tel}@t`, from: '<sip:a@t>', to: '<sip:b@t>', target },
    release() {},
  };
}

describe('where a call may be sent elsewhere', () => {
  it('is another phone of the same user', async () => {
    const { follow } = setUp();
    assert.equal(await follow(['sip:bob@192.0.2.1:5070']), 'sip:bob@192.0.2.1:5070;transport=tcp');
  });

  it('is no phone of anybody else', async () => {
    const { follow, asked } = setUp();
    assert.equal(await follow(['sip:carol@192.0.2.1:5070', 'sip:bob@198.51.100.1']), undefined);
    assert.deepEqual(asked, []);
  });

  for (const uri of ['tel:+49-30-123456', 'sip:+4930123456@192.0.2.77;user=phone', 'sip:+4930123456;npdi@pbx']) {
    it(`is a telephone that the rules allow, as in ${uri}`, async () => {
      const { follow } = setUp();
      assert.equal(await follow([uri]), '+4930123456');
    });
  }

  it('is the first of several that is allowed', async () => {
    const { follow, asked } = setUp();
    assert.equal(await follow(['tel:+1900555', 'tel:+4930123456']), '+4930123456');
    assert.deepEqual(asked, ['+1900555', '+4930123456']);
  });

  it('is for an outside line a telephone alone', async () => {
    const { follow } = setUp();
    const outside = { outside: { id: 'invitation-1', tel: '+4930', room: ROOM.number } };
    assert.equal(await follow(['sip:bob@192.0.2.1:5070'], outside), undefined);
    assert.equal(await follow(['tel:+4930123456'], outside), '+4930123456');
  });

  it('is nothing else, and not looked for without end', async () => {
    const { follow, asked } = setUp();
    assert.equal(await follow(['sip:112@pbx', 'tel:112', 'http://192.0.2.1/', 'tel:+4930123456']), undefined);
    assert.deepEqual(asked, []);
  });
});
