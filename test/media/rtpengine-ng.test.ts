import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RoomlineError } from '../../gateway/errors.js';
import { connectRtpengine, type Rtpengine } from '../../gateway/media/rtpengine.js';
import { NgClient } from '../../gateway/media/rtpengine-ng.js';
import { RtpengineProcess } from '../../gateway/media/rtpengine-process.js';
import { eventually } from '../support/eventually.js';
import { phoneSdp } from '../support/sdp.js';
import { silentLog } from '../support/silent-log.js';
import { freeze, rtpengineOf } from './linux-processes.js';
import { RTP_PORTS } from './real-media.js';

/** Something that takes ng commands on a free port and answers as a test wants: the reply without its cookie. */
class ScriptedRtpengine {
  readonly commands: string[] = [];
  readonly address: { host: string; port: number };
  readonly #socket: Socket;

  static async start(reply: (command: string, count: number) => string | undefined): Promise<ScriptedRtpengine> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new ScriptedRtpengine(socket, reply);
  }

  private constructor(socket: Socket, reply: (command: string, count: number) => string | undefined) {
    this.#socket = socket;
    this.address = { host: '127.0.0.1', port: socket.address().port };
    socket.on('message', (packet: Buffer, from: RemoteInfo) => {
      const text = packet.toString();
      const command = /7:command\d+:(offer|answer|delete|list|ping|statistics)/.exec(text)?.[1] ?? '';
      this.commands.push(command);
      const body = reply(command, this.commands.length);
      if (body !== undefined) socket.send(`${text.slice(0, 36)} ${body}`, from.port, from.address);
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/** For what never answers, or is too late. */
const SHORT_MS = 100;
/** For what answers, on however busy a machine. */
const LONG_MS = 1_000;
const PONG = 'd6:result4:ponge';
const OK = 'd6:result2:oke';

describe('ng commands', () => {
  const cleanUp: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of cleanUp.splice(0).reverse()) await close();
  });

  async function scripted(reply: (command: string, count: number) => string | undefined, deadlineMs = LONG_MS) {
    const server = await ScriptedRtpengine.start(reply);
    const ng = new NgClient(server.address, { deadlineMs, onError: () => undefined });
    cleanUp.push(
      () => server.close(),
      () => ng.close(),
    );
    return { server, ng };
  }

  it('are tried once more when no answer comes', async () => {
    const { server, ng } = await scripted((_, count) => (count === 1 ? undefined : OK));
    assert.deepEqual(await ng.request('delete', { 'call-id': 'a' }), { result: 'ok' });
    assert.deepEqual(server.commands, ['delete', 'delete']);
  });

  it('fail after the second deadline', async () => {
    const { server, ng } = await scripted(() => undefined, SHORT_MS);
    await assert.rejects(ng.request('list'), (error: RoomlineError) => {
      assert.equal(error.kind, 'unavailable');
      assert.equal(error.code, 'rtpengine-silent');
      return true;
    });
    await eventually(
      'both to be there',
      () => server.commands.join(),
      (commands) => commands === 'list,list',
    );
  });

  it('do not take one request for another when answers come late', async () => {
    const late: (() => void)[] = [];
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.on('message', (packet: Buffer, from: RemoteInfo) => {
      const answer = () => socket.send(`${packet.subarray(0, 36)} ${OK}`, from.port, from.address);
      if (packet.toString().includes('4:ping')) answer();
      else late.push(answer);
    });
    const errors: Error[] = [];
    const address = { host: '127.0.0.1', port: socket.address().port };
    const ng = new NgClient(address, { deadlineMs: LONG_MS, onError: (error) => errors.push(error) });
    cleanUp.push(
      () => socket.close(),
      () => ng.close(),
    );
    await assert.rejects(ng.request('delete', { 'call-id': 'a' }));
    for (const answer of late) answer();
    await ng.request('ping');
    assert.deepEqual(errors, []);
  });

  it("turn rtpengine's complaint about an SDP into one about the call", async () => {
    const { ng } = await scripted(() => 'd12:error-reason19:Error rewriting SDP6:result5:errore');
    await assert.rejects(ng.request('offer', {}), (error: RoomlineError) => error.kind === 'not-acceptable');
  });

  it('turn any other complaint into unavailable media', async () => {
    const { ng } = await scripted(() => 'd12:error-reason16:Ran out of ports6:result5:errore');
    await assert.rejects(ng.request('offer', {}), (error: RoomlineError) => {
      assert.equal(error.kind, 'unavailable');
      assert.match(error.message, /Ran out of ports/);
      return true;
    });
  });
});

describe('several rtpengines', () => {
  const cleanUp: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of cleanUp.splice(0).reverse()) await close();
  });

  const FLAGS = { 'transport-protocol': 'RTP/AVP', ICE: 'remove', DTLS: 'off', 'rtcp-mux': ['demux'] } as const;

  async function daemon(): Promise<RtpengineProcess> {
    const started = await RtpengineProcess.start({
      host: '127.0.0.1',
      advertise: '127.0.0.1',
      rtpPorts: RTP_PORTS,
      log: silentLog,
    });
    cleanUp.push(() => started.stop());
    return started;
  }

  function connect(...addresses: { host: string; port: number }[]): Rtpengine {
    const rtpengine = connectRtpengine({ addresses, log: silentLog });
    cleanUp.push(() => rtpengine.stop());
    return rtpengine;
  }

  it('share the calls between them', async () => {
    const rtpengine = connect((await daemon()).address, (await daemon()).address);
    for (let call = 0; call < 6; call++) {
      await rtpengine.choose().offer(`call-${call}`, 'far', phoneSdp({ port: 40_000 }), FLAGS);
    }
    assert.deepEqual(await Promise.all(rtpengine.nodes.map((node) => node.countCalls())), [3, 3]);
  });

  it('go on without one that died, and with it once it answers again', async () => {
    const [first, second] = [await daemon(), await daemon()];
    const rtpengine = connect(first.address, second.address);
    assert.equal(await rtpengine.answers(), true);
    await freeze(rtpengineOf(first.processGroup));
    const node = rtpengine.nodes[0];
    await eventually(
      'the stopped one to be taken out',
      () => node?.alive,
      (alive) => alive === false,
    );
    for (let call = 0; call < 3; call++) assert.notEqual(rtpengine.choose(), node);
    assert.equal(await rtpengine.answers(), true);
    process.kill(rtpengineOf(first.processGroup), 'SIGCONT');
    await eventually(
      'it to be taken back',
      () => node?.alive,
      (alive) => alive === true,
    );
    assert.equal(rtpengine.choose(), node);
  });

  it('delete, when one answers again, what it could not be told to delete', async () => {
    const stopped = await daemon();
    const rtpengine = connect(stopped.address);
    const node = rtpengine.choose();
    await node.offer('left-behind', 'far', phoneSdp({ port: 40_000 }), FLAGS);
    await freeze(rtpengineOf(stopped.processGroup));
    await node.delete('left-behind');
    assert.throws(
      () => rtpengine.choose(),
      (error: RoomlineError) => error.kind === 'unavailable',
    );
    process.kill(rtpengineOf(stopped.processGroup), 'SIGCONT');
    await eventually(
      'the call to be deleted',
      () => (node.alive ? node.list() : ['?']),
      (calls) => calls.length === 0,
    );
  });

  it('say that the calls of one that was restarted by somebody else are lost', async () => {
    let uptime = 100;
    const server = await ScriptedRtpengine.start((command) =>
      command === 'ping'
        ? PONG
        : `d6:result2:ok10:statisticsd17:currentstatisticsd11:sessionsowni1ee15:totalstatisticsd6:uptimei${uptime}eeee`,
    );
    cleanUp.push(() => server.close());
    const rtpengine = connect(server.address);
    const lost: unknown[] = [];
    rtpengine.events.on('lost', ({ node }) => lost.push(node));
    await rtpengine.answers();
    uptime = 101;
    await rtpengine.answers();
    assert.deepEqual(lost, []);
    uptime = 3;
    await rtpengine.answers();
    assert.deepEqual(lost, [rtpengine.nodes[0]]);
  });
});
