import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { chooseRtpInterface } from '../../gateway/media/rtp-interface.js';

describe('the address for RTP', () => {
  for (const [host, advertise, expected] of [
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['localhost', '127.0.0.1', '127.0.0.1'],
    ['192.0.2.7', '192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '203.0.113.5', '192.0.2.7!203.0.113.5'],
    ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
    ['::', '127.0.0.1', '127.0.0.1'],
  ] as const) {
    it(`is ${expected} for host ${host}, advertised as ${advertise}`, async () => {
      assert.equal(await chooseRtpInterface(host, advertise), expected);
    });
  }

  it('is one of this machine for a wildcard host behind NAT', async () => {
    const [local, told, ...rest] = (await chooseRtpInterface('0.0.0.0', '203.0.113.5')).split('!');
    const own = Object.values(networkInterfaces()).flatMap(
      (addresses) => addresses?.map(({ address }) => address) ?? [],
    );
    assert.equal(own.includes(local ?? ''), true, local);
    assert.equal(told, '203.0.113.5');
    assert.deepEqual(rest, []);
  });

  it('is the advertised one for a wildcard host that has it', async () => {
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address, family } of addresses ?? []) {
        if (family === 'IPv4') assert.equal(await chooseRtpInterface('0.0.0.0', address), address);
      }
    }
  });
});
