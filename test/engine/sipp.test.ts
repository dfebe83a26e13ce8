import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { eventually } from '../support/eventually.js';
import { freePort, portStretch } from '../support/free-port.js';
import { FakeClock } from './fake-clock.js';
import { type Running, SDP, type Srf, type SrfDialog, startRunning } from './running.js';

const SCENARIOS = join(PACKAGE_ROOT, 'test', 'data', 'sip');

describe('200 calls with sipp', function () {
  this.timeout(120_000);
  let clock: FakeClock;
  let running: Running;
  let srf: Srf;
  let folder: string;
  let sipp: ChildProcessWithoutNullStreams | undefined;
  let ticking: NodeJS.Timeout;

  beforeEach(async () => {
    clock = new FakeClock();
    // Runs like any clock, so that what gets lost is repeated, until a test turns it on to the end.
    ticking = setInterval(() => clock.advance(20), 20);
    running = await startRunning(clock);
    srf = await running.app();
    folder = await mkdtemp(join(tmpdir(), 'roomline-sipp-'));
  });

  afterEach(async () => {
    clearInterval(ticking);
    if (sipp?.exitCode === null) {
      sipp.kill('SIGKILL');
      await once(sipp, 'exit');
    }
    await running.stop();
    await rm(folder, { recursive: true });
    assert.equal(clock.pending, 0);
  });

  /** On ports of its own: left to itself, one sipp binds to the port of another. */
  function run(port: number, ...options: readonly string[]): { exit: Promise<unknown>; said: () => string } {
    const ports = ['-p', String(port), '-mp', String(portStretch(104).first)];
    // That sipp itself is held up on a busy machine is no fault of the engine's.
    const patience = ['-watchdog_minor_threshold', '60000', '-watchdog_major_threshold', '60000'];
    const child = spawn('sipp', ['-i', '127.0.0.1', '-nostdin', ...ports, ...patience, ...options], { cwd: folder });
    sipp = child;
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        text += bytes.toString();
      });
    }
    return { exit: once(child, 'exit').then(([code]) => code as unknown), said: () => text.slice(-3000) };
  }

  for (const [name, transport] of [
    ['UDP', 'u1'],
    ['TCP', 't1'],
  ] as const) {
    it(`answers them over ${name} and leaves nothing behind`, async () => {
      let ended = 0;
      srf.invite((req, res) => {
        srf.createUAS(req, res, { localSdp: SDP }).then(
          (dialog) => dialog.on('destroy', () => (ended += 1)),
          () => undefined,
        );
      });
      const target = `127.0.0.1:${running.engine.sipPort}`;
      const scenario = join(SCENARIOS, 'sipp-caller.xml');
      const calls = run(
        await freePort(),
        target,
        '-sf',
        scenario,
        '-t',
        transport,
        '-m',
        '200',
        '-r',
        '200',
        '-l',
        '50',
      );
      assert.equal(await calls.exit, 0, calls.said());
      await eventually(
        'the ends of all calls',
        () => ended,
        (count) => count === 200,
      );
      await eventually(
        'closed connections',
        () => running.engine.counts().connections,
        (count) => count === 0,
      );
      clock.advance(64_000);
      assert.deepEqual(running.engine.counts(), { transactions: 0, dialogs: 0, flows: 0, connections: 0, apps: 1 });
    });
  }

  it('makes them, and ends them', async () => {
    const port = await freePort();
    const phones = run(port, '-sf', join(SCENARIOS, 'sipp-callee.xml'), '-m', '200');
    const uri = `sip:b@127.0.0.1:${port}`;
    const dialogs: SrfDialog[] = [];
    for (let batch = 0; batch < 10; batch++) {
      const made = Array.from({ length: 20 }, () => srf.createUAC(uri, { localSdp: SDP }));
      dialogs.push(...(await Promise.all(made)));
    }
    assert.equal(new Set(dialogs.map(({ id }) => id)).size, 200);
    assert.equal(running.engine.counts().dialogs, 200);
    await Promise.all(dialogs.map((dialog) => dialog.destroy()));
    assert.equal(await phones.exit, 0, phones.said());
    clock.advance(64_000);
    assert.deepEqual(running.engine.counts(), { transactions: 0, dialogs: 0, flows: 0, connections: 0, apps: 1 });
  });
});
