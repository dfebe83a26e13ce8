import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RoomlineError } from '../../gateway/errors.js';
import { claimPorts, type PortClaim } from '../../gateway/media/port-claim.js';

/** Nothing else in the tests takes ports of these. */
const RANGE = { first: 10_000, last: 11_999 };

describe('a claim of RTP ports', () => {
  const claims: PortClaim[] = [];
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const claim of claims.splice(0)) claim.release();
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function claim(wantedPorts?: number): Promise<string> {
    const made = await claimPorts(RANGE, wantedPorts);
    claims.push(made);
    return `${made.range.first}-${made.range.last}`;
  }

  async function take(port: number): Promise<void> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
  }

  const isTaken = (error: unknown) => error instanceof RoomlineError && error.code === 'rtp-ports-taken';

  it('is the whole range where no part was asked for', async () => {
    assert.equal(await claim(), '10000-11999');
    await assert.rejects(claim(), isTaken);
    await assert.rejects(claim(500), isTaken);
  });

  it('is of parts side by side, as many as fit', async () => {
    const parts = [await claim(500), await claim(500), await claim(500), await claim(500)];
    assert.deepEqual(parts.sort(), ['10000-10499', '10500-10999', '11000-11499', '11500-11999']);
    await assert.rejects(claim(500), isTaken);
  });

  for (const { taken, is } of [
    { taken: [10_100], is: '10200-11999' },
    { taken: [10_500, 11_700], is: '10600-11699' },
    { taken: [11_900], is: '10000-11899' },
  ]) {
    it(`is ${is} where any program has ${taken.join(' and ')}, and free again when it is released`, async () => {
      for (const port of taken) await take(port);
      assert.equal(await claim(), is);
      await assert.rejects(claim(), isTaken);
      claims.pop()?.release();
      assert.equal(await claim(), is);
    });
  }

  it('is refused where less than half is free in one piece', async () => {
    for (const port of [10_600, 11_300]) await take(port);
    await assert.rejects(claim(), isTaken);
    for (const socket of sockets.splice(0)) socket.close();
    assert.equal(await claim(), '10000-11999', 'and nothing is kept of it');
  });
});
