import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { Caller } from '../support/caller.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { type GatewayEnvironment, GatewayProcess, testEnvironment } from '../support/gateway.js';
import { processes, treeOf } from '../support/process-tree.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { yamlFile } from '../support/yaml-file.js';

const READY = /^roomline ready http:\/\/127\.0\.0\.1:(\d+) sip:127\.0\.0\.1:(\d+)$/m;

describe('the gateway as a process', function () {
  this.timeout(180_000);
  const callers: Caller[] = [];
  const children: Child[] = [];

  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.vanish();
    for (const child of children.splice(0)) child.killNow();
  });

  const startGateway = async (environment: GatewayEnvironment = {}) => {
    const gateway = await GatewayProcess.start(environment);
    children.push(gateway.child);
    return gateway;
  };
  /** One caller on UDP and one on TCP, in a room. */
  const enterTwo = async (gateway: Pick<GatewayProcess, 'api' | 'sip'>) => {
    const number = await gateway.api.roomNumber('alice', 'engineering');
    for (const [user, transport] of [
      ['alice', 'udp'],
      ['bob', 'tcp'],
    ] as const) {
      callers.push(await Caller.enter(number, { server: gateway.sip, user, transport, rtp: { frequencyHz: 700 } }));
    }
    return callers.slice(-2);
  };
  const allGone = (pids: readonly number[]) =>
    eventually(
      'everything it started to be gone',
      () => processes().filter(({ pid }) => pids.includes(pid)),
      ({ length }) => length === 0,
    );

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends its calls with BYE and exits with 0 on ${signal}, sent twice to it and all that it started`, async () => {
      const gateway = await startGateway();
      const inCall = await enterTwo(gateway);
      const pids = treeOf(gateway.child.pid).map(({ pid }) => pid);
      assert.ok(pids.length >= 2, 'rtpengine runs below it');
      gateway.child.signalGroup(signal);
      gateway.child.signalGroup(signal);
      for (const { call } of inCall) await call.awaitBye();
      assert.deepEqual(await gateway.child.exited, { code: 0, signal: null });
      await allGone(pids);
    });
  }

  it('starts by `npm start`, says when it can take calls, and ends with 0 on a Ctrl-C in the terminal', async () => {
    const child = await Child.start('npm', ['start'], {
      cwd: PACKAGE_ROOT,
      env: { ...process.env, ...testEnvironment(temporaryFolder('npm-start')) },
      detached: true,
    });
    children.push(child);
    const [, httpPort, sipPort] = await child.line(READY, 100_000);
    assert.equal((await fetch(`http://127.0.0.1:${httpPort}/readyz`)).status, 200);
    assert.match(child.stdout, /alice/, 'a newcomer is told whom to log in as');
    assert.ok(Number(sipPort) > 0);
    const pids = treeOf(child.pid).map(({ pid }) => pid);
    child.signalGroup('SIGINT');
    child.signalGroup('SIGINT');
    assert.deepEqual(await child.exited, { code: 0, signal: null });
    await allGone(pids);
  });

  it('keeps the number of a group over a restart', async () => {
    const folder = temporaryFolder('restart');
    const first = await startGateway({ ROOMLINE_DATA: folder });
    const number = await first.api.roomNumber('bob', 'engineering');
    await first.child.stop();
    const second = await startGateway({ ROOMLINE_DATA: folder });
    assert.equal(await second.api.roomNumber('carol', 'engineering'), number);
    await second.child.stop();
  });

  it('leaves no rtpengine behind when it is killed', async () => {
    const gateway = await startGateway();
    await enterTwo(gateway);
    const pids = treeOf(gateway.child.pid).map(({ pid }) => pid);
    gateway.child.signal('SIGKILL');
    await gateway.child.exited;
    await allGone(pids);
  });

  it('takes calls again after it was killed and started anew', async () => {
    const folder = temporaryFolder('killed');
    const first = await startGateway({ ROOMLINE_DATA: folder });
    await enterTwo(first);
    first.child.signal('SIGKILL');
    await first.child.exited;
    const second = await startGateway({ ROOMLINE_DATA: folder });
    await enterTwo(second);
    await second.child.stop();
  });

  async function failsWith(environment: GatewayEnvironment): Promise<string> {
    const child = await Child.start(process.execPath, [join(import.meta.dirname, '..', 'support', 'run-gateway.js')], {
      env: { PATH: process.env.PATH, ...testEnvironment(temporaryFolder('refused'), environment) },
      detached: true,
    });
    children.push(child);
    const { code } = await child.exited;
    assert.ok(code !== null && code > 0, child.describe());
    await eventually(
      'nothing it started to be left',
      () => processes().filter(({ group }) => group === child.pid),
      ({ length }) => length === 0,
    );
    const lines = child.stderr.trim().split('\n');
    assert.equal(lines.length, 1, child.describe());
    return lines[0] ?? '';
  }

  it('says in one line which port is taken, and exits with an error', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    try {
      for (const variable of ['ROOMLINE_HTTP_PORT', 'ROOMLINE_SIP_PORT']) {
        const told = await failsWith({ [variable]: port, ROOMLINE_LOG_LEVEL: 'info' });
        assert.match(told, new RegExp(`${port}.*taken.*${variable}`));
      }
    } finally {
      server.close();
    }
  });

  for (const [what, environment, told] of [
    ['a port that is no number', { ROOMLINE_SIP_PORT: 'five' }, /ROOMLINE_SIP_PORT/],
    ['a key nobody knows', { ROOMLINE_CONFIG: yamlFile({ sip: { prot: 5060 } }) }, /prot/],
    ['a file that is not there', { ROOMLINE_CONFIG: '/nowhere/roomline.yaml' }, /\/nowhere\/roomline\.yaml/],
    ['a data folder that cannot be made', { ROOMLINE_DATA: '/proc/x' }, /\/proc\/x.*ROOMLINE_DATA/],
    ['a database that does not answer', { DATABASE_URL: 'mysql://root@127.0.0.1:9/none' }, /database|127\.0\.0\.1/],
  ] as const) {
    it(`says in one line what is wrong with ${what}, and exits with an error`, async () => {
      assert.match(await failsWith(environment), told);
    });
  }
});
