import assert from 'node:assert/strict';
import { Baresip } from '../support/baresip.js';
import { TestGateway } from '../support/gateway.js';
import { readChallenge } from '../support/sip-digest.js';
import { SipPhone } from '../support/sip-phone.js';
import { runSipp } from '../support/sipp.js';
import { toneFile } from '../support/tone-file.js';
import { yamlFile } from '../support/yaml-file.js';

describe('registration', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  const phones: SipPhone[] = [];

  const phoneOf = async (user: string, options: { password?: string; transport?: 'udp' | 'tcp' } = {}) => {
    const { password = `${user}-demo`, transport = 'udp' } = options;
    const phone = await SipPhone.open({ server: gateway.sip, user, password, transport });
    phones.push(phone);
    return phone;
  };

  before(async () => {
    gateway = await TestGateway.start({ ROOMLINE_CONFIG: yamlFile({ sip: { minExpiresSeconds: 1 } }) });
  });

  afterEach(async () => {
    for (const phone of phones.splice(0)) {
      await phone.register({ contact: '*', expires: 0 });
      await phone.close();
    }
    await gateway.holds({ contactBindings: 0 });
  });

  after(() => gateway?.stop());

  for (const transport of ['udp', 'tcp'] as const) {
    it(`takes twenty registrations and unregistrations of sipp over ${transport.toUpperCase()}`, async () => {
      const users = ['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => ({
        username: name,
        password: `${name}-demo`,
      }));
      const result = await runSipp({ server: gateway.sip, scenario: 'register', users, calls: 20, transport });
      assert.deepEqual([result.successful, result.failed, result.errors], [20, 0, '']);
    });

    it(`registers baresip over ${transport.toUpperCase()} and forgets it when it unregisters`, async () => {
      const microphone = toneFile(440, 1);
      const { server, user, password } = { server: gateway.sip, user: 'bob', password: 'bob-demo' };
      const baresip = await Baresip.start({ server, user, password, microphone, transport });
      try {
        await baresip.registered();
        await gateway.holds({ contactBindings: 1 });
      } finally {
        await baresip.stop();
      }
      await gateway.holds({ contactBindings: 0 });
    });
  }

  it('refuses a wrong password again and again', async () => {
    const phone = await phoneOf('alice', { password: 'guess' });
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await phone.register();
      assert.ok([401, 403].includes(response.status), response.startLine);
    }
    assert.equal((await gateway.counts()).contactBindings, 0);
  });

  it('refuses to register one user with the password of another', async () => {
    const phone = await SipPhone.open({ server: gateway.sip, user: 'alice', authUser: 'bob', password: 'bob-demo' });
    const response = await phone.register();
    await phone.close();
    assert.equal(response.status, 403);
  });

  it('keeps several contacts of a user and lists them all', async () => {
    const [first, second] = [await phoneOf('carol'), await phoneOf('carol', { transport: 'tcp' })];
    assert.equal((await first.register()).status, 200);
    const listed = await second.register();
    await gateway.holds({ contactBindings: 2 });
    const contacts = listed.headersOf('Contact').join(', ');
    assert.ok(contacts.includes(first.contactUri) && contacts.includes(second.contactUri), contacts);
  });

  it('removes the contact named with Expires 0 and leaves the others', async () => {
    const [first, second] = [await phoneOf('dave'), await phoneOf('dave')];
    await first.register();
    await second.register();
    const response = await first.register({ expires: 0 });
    const contacts = response.headersOf('Contact').join(', ');
    assert.ok(!contacts.includes(first.contactUri) && contacts.includes(second.contactUri), contacts);
    await gateway.holds({ contactBindings: 1 });
  });

  it('lets a contact expire', async () => {
    const phone = await phoneOf('erin');
    const response = await phone.register({ expires: 1 });
    // By the time one could count it, it may be gone: that it was there is what the answer says.
    assert.ok(response.header('Contact').includes(phone.contactUri), response.header('Contact'));
    assert.match(response.header('Contact'), /expires=1\b/);
    await gateway.holds({ contactBindings: 0 });
  });

  it('takes a nonce again with a higher count, and answers a used count with a new challenge', async () => {
    const phone = await phoneOf('alice');
    const request = { method: 'REGISTER', uri: `sip:${gateway.sip.host}` };
    const challenge = readChallenge(await phone.transact(phone.registerRequest()));
    const [first, second] = [phone.authorize(challenge, request), phone.authorize(challenge, request)];

    assert.equal((await phone.transact(phone.registerRequest({ headers: [first] }))).status, 200);
    assert.equal((await phone.transact(phone.registerRequest({ headers: [second] }))).status, 200);
    const replayed = await phone.transact(phone.registerRequest({ headers: [second] }));
    assert.equal(replayed.status, 401);
    assert.notEqual(readChallenge(replayed).nonce, challenge.nonce);
  });

  it('answers a nonce that is not its own with a new challenge', async () => {
    const phone = await phoneOf('bob');
    const challenge = readChallenge(await phone.transact(phone.registerRequest()));
    const made = { ...challenge, nonce: 'x'.repeat(challenge.nonce.length) };
    const authorization = phone.authorize(made, { method: 'REGISTER', uri: `sip:${gateway.sip.host}` });
    const response = await phone.transact(phone.registerRequest({ headers: [authorization] }));
    assert.equal(response.status, 401);
    assert.notEqual(readChallenge(response).nonce, made.nonce);
  });

  it('refuses an answer made for another Request-URI', async () => {
    const phone = await phoneOf('bob');
    const challenge = readChallenge(await phone.transact(phone.registerRequest()));
    const authorization = phone.authorize(challenge, { method: 'REGISTER', uri: 'sip:elsewhere.example' });
    const response = await phone.transact(phone.registerRequest({ headers: [authorization] }));
    assert.ok(response.status === 400 || response.status === 401, response.startLine);
    assert.equal((await gateway.counts()).contactBindings, 0);
  });
});
