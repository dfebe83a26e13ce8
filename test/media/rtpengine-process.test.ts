import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import type { RoomlineError } from '../../gateway/errors.js';
import { NgClient } from '../../gateway/media/rtpengine-ng.js';
import { RtpengineProcess, type RtpengineProcessOptions } from '../../gateway/media/rtpengine-process.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { audioOf, phoneSdp } from '../support/sdp.js';
import { silentLog } from '../support/silent-log.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { boundAddresses, groupIsGone, processesOf, rtpengineOf } from './linux-processes.js';
import { narrowPorts, RTP_PORTS } from './real-media.js';

const LOOPBACK_HEX = '0100007F';

describe('the rtpengine process', () => {
  const started: RtpengineProcess[] = [];
  afterEach(() => Promise.all(started.splice(0).map((daemon) => daemon.stop())));

  async function start(options: Partial<RtpengineProcessOptions> = {}): Promise<RtpengineProcess> {
    const daemon = await RtpengineProcess.start({
      host: '127.0.0.1',
      advertise: '127.0.0.1',
      rtpPorts: RTP_PORTS,
      log: silentLog,
      ...options,
    });
    started.push(daemon);
    return daemon;
  }

  it('answers once it is started and is gone once it is stopped', async () => {
    const daemon = await start();
    const group = daemon.processGroup ?? 0;
    assert.equal(await answers(daemon), true);
    assert.notEqual(processesOf(group).length, 0);
    await daemon.stop();
    assert.deepEqual(processesOf(group), []);
  });

  it('runs in a process group of its own', async () => {
    const daemon = await start();
    const ours = processesOf(daemon.processGroup ?? 0).map(({ pid }) => pid);
    assert.equal(ours.includes(process.pid), false);
    assert.equal(ours.includes(rtpengineOf(daemon.processGroup)), true);
  });

  it('binds nothing beyond loopback, whatever the machine-wide configuration says', async () => {
    const daemon = await start();
    await withClient(daemon, (ng) => offer(ng, 'loopback-only'));
    const bound = boundAddresses(rtpengineOf(daemon.processGroup));
    assert.equal(bound.length >= 5, true, `control, and RTP and RTCP for both sides: ${bound}`);
    for (const address of bound) assert.equal(address.startsWith(LOOPBACK_HEX), true, address);
  });

  it('tells phones the advertised address, and the mixer loopback', async () => {
    const daemon = await start({ advertise: '203.0.113.5' });
    const forMixer = await withClient(daemon, (ng) => offer(ng, 'from-phone'));
    const forPhone = await withClient(daemon, (ng) => offer(ng, 'from-mixer', ['inside', 'outside']));
    assert.equal(audioOf(forMixer).address, '127.0.0.1');
    assert.equal(audioOf(forPhone).address, '203.0.113.5');
  });

  it('gives each of several gateways with the same range ports of its own', async () => {
    const daemons = await Promise.all([start(), start(), start()]);
    const ranges = daemons.map((daemon) => daemon.rtpPorts).sort((a, b) => a.first - b.first);
    for (const [index, range] of ranges.entries()) {
      assert.equal(range.first >= RTP_PORTS.first && range.last <= RTP_PORTS.last, true);
      assert.equal(range.first > (ranges[index - 1]?.last ?? 0), true, JSON.stringify(ranges));
    }
  });

  it('refuses ports another gateway has, naming the setting to change', async () => {
    const rtpPorts = narrowPorts(400);
    await start({ rtpPorts });
    await assert.rejects(start({ rtpPorts }), (error: RoomlineError) => {
      assert.equal(error.kind, 'conflict');
      assert.match(error.message, /ROOMLINE_RTP_PORTS/);
      return true;
    });
  });

  it('passes over a port another program has', async () => {
    const daemon = await start({ rtpPorts: narrowPorts(100) });
    const taken = createSocket('udp4');
    taken.bind(daemon.rtpPorts.first + 10, '127.0.0.1');
    await once(taken, 'listening');
    const given = await withClient(daemon, async (ng) => {
      const ports: number[] = [];
      for (let call = 0; call < 20; call++) ports.push(audioOf(await offer(ng, `call-${call}`)).port);
      return ports;
    });
    taken.close();
    assert.equal(given.includes(daemon.rtpPorts.first + 10), false);
    assert.equal(new Set(given).size, 20);
  });

  it('passes on what it complains of, without the keys in the SDP it quotes', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const daemon = await start({ log });
    const sdp = `${phoneSdp({ port: 40_000 })}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n`;
    await withClient(daemon, (ng) =>
      assert.rejects(ng.request('answer', { 'call-id': 'unknown', 'from-tag': 'a', sdp })),
    );
    await eventually(
      'the complaint',
      () => lines.join(''),
      (log) => log.includes('Protocol error'),
    );
    await daemon.stop();
    assert.doesNotMatch(lines.join(''), /c2VjcmV0|m=audio/);
  });

  it('warns of what it complains of, and not of what it says of every browser', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const program = join(temporaryFolder('complaints'), 'rtpengine');
    const harmless = '[call port 30000]: [core] SRTP output wanted, but no crypto suite was negotiated';
    await writeFile(program, `#!/bin/sh\necho 'ERR: ${harmless}' >&2\necho 'ERR: [core] No memory' >&2\n`, {
      mode: 0o755,
    });
    await assert.rejects(start({ program, log }), { code: 'rtpengine-exited' });
    const levels = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
    const levelsOf = (text: string) =>
      new Set(levels.filter(({ msg }) => msg.includes(text)).map(({ level }) => level));
    assert.deepEqual(levelsOf('SRTP output'), new Set([pino.levels.values.debug]));
    assert.deepEqual(levelsOf('No memory'), new Set([pino.levels.values.warn]));
  });

  it('starts it again when it dies, and says so', async () => {
    const daemon = await start();
    const events: string[] = [];
    daemon.events.onAny((name) => events.push(name));
    process.kill(rtpengineOf(daemon.processGroup), 'SIGKILL');
    await eventually(
      'rtpengine to be started again',
      () => events,
      (seen) => seen.includes('started'),
    );
    assert.deepEqual(events, ['died', 'started']);
    assert.equal(await answers(daemon), true);
  });

  it('starts it again when its wrapper is killed, with nothing of the old one left', async () => {
    const daemon = await start();
    const group = daemon.processGroup ?? 0;
    const restarted = new Promise((resolve) => daemon.events.on('started', resolve));
    process.kill(group, 'SIGKILL');
    await restarted;
    assert.deepEqual(processesOf(group), []);
    assert.equal(await answers(daemon), true);
  });

  it('ends when its owner is killed without a chance to clean up', async () => {
    const { first, last } = RTP_PORTS;
    const program = join(import.meta.dirname, 'rtpengine-owner.js');
    const owner = await Child.start(process.execPath, [program, String(first), String(last)]);
    const [, group = ''] = await owner.line(/^rtpengine (\d+) \d+$/m);
    rtpengineOf(Number(group));
    await owner.stop('SIGKILL');
    await groupIsGone(Number(group));
  });

  it('survives a signal to the group of its owner, as Ctrl-C in a terminal is', async () => {
    const { first, last } = RTP_PORTS;
    const program = join(import.meta.dirname, 'rtpengine-owner.js');
    const owner = await Child.start(process.execPath, [program, String(first), String(last)], { detached: true });
    const [, group = ''] = await owner.line(/^rtpengine (\d+) \d+$/m);
    owner.signalGroup('SIGINT');
    await owner.line(/^interrupted$/m);
    rtpengineOf(Number(group));
    await owner.stop('SIGKILL');
    await groupIsGone(Number(group));
  });

  it('says what to install when there is no rtpengine', async () => {
    await assert.rejects(start({ program: 'rtpengine-of-no-package' }), (error: RoomlineError) => {
      assert.equal(error.kind, 'unavailable');
      assert.equal(error.code, 'rtpengine-missing');
      assert.match(error.message, /run {2}sudo \S+ (\S+\/bin\/install-tools\.js) {2}/);
      return true;
    });
  });

  it('reports what a program that ends at once has said', async () => {
    await assert.rejects(start({ program: '/bin/ls' }), (error: RoomlineError) => {
      assert.equal(error.code, 'rtpengine-exited');
      assert.match(error.message, /unrecognized option/);
      return true;
    });
  });

  it('frees its ports when a start fails', async () => {
    const rtpPorts = narrowPorts(400);
    await assert.rejects(start({ rtpPorts, program: 'rtpengine-of-no-package' }));
    await start({ rtpPorts });
  });

  async function withClient<T>(daemon: RtpengineProcess, use: (ng: NgClient) => Promise<T>): Promise<T> {
    const ng = new NgClient(daemon.address, { deadlineMs: 2_000, onError: assert.fail });
    try {
      return await use(ng);
    } finally {
      ng.close();
    }
  }

  function answers(daemon: RtpengineProcess): Promise<boolean> {
    return withClient(daemon, (ng) => ng.answers());
  }
});

async function offer(ng: NgClient, callId: string, direction = ['outside', 'inside']): Promise<string> {
  const sdp = phoneSdp({ port: 40_000 });
  const replace = ['origin', 'session-connection'];
  const args = { 'call-id': callId, 'from-tag': 'far', sdp, direction, replace };
  const reply = await ng.request('offer', args);
  return String(reply.sdp);
}
