import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

/** One line of a benchmark's table. */
export interface BenchRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What was promised, where something was. */
  readonly expected?: string;
}

/** What the server process answers when it listens. */
export interface ServerReady {
  readonly port: number;
  readonly token: string;
}

/** What the server process answers when asked for its CPU time so far. */
export interface ServerCpu {
  readonly cpuMicroseconds: number;
}

const CONNECTIONS = 32;
const WARM_UP_MS = 1_500;
const MEASURED_MS = 4_000;
const ROUNDS = 3;

interface Result {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/**
 * Requests a second of `POST /v1/voice-requests` beside a bare Koa handler that does one select on the same store.
 * Each runs in a process of its own, one after the other in turns, and the best round of each counts: on a shared
 * machine the others say more about the neighbours.
 */
export async function benchApi(): Promise<BenchRow[]> {
  const best: Record<'bare' | 'api', Result> = {
    bare: { perSecond: 0, cpuMicroseconds: 0 },
    api: { perSecond: 0, cpuMicroseconds: 0 },
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of ['bare', 'api'] as const) {
      const result = await measure(kind);
      if (result.perSecond > best[kind].perSecond) best[kind] = result;
    }
  }
  const { bare, api } = best;
  return [
    { what: 'bare Koa handler, one select', value: Math.round(bare.perSecond), unit: 'requests/s' },
    { what: 'POST /v1/voice-requests', value: Math.round(api.perSecond), unit: 'requests/s' },
    {
      what: 'the two compared',
      value: round2(api.perSecond / bare.perSecond),
      unit: 'ratio',
      expected: 'at least 0.5',
    },
    { what: 'CPU of a bare request', value: Math.round(bare.cpuMicroseconds), unit: 'µs' },
    { what: 'CPU of a voice request', value: Math.round(api.cpuMicroseconds), unit: 'µs' },
  ];
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

async function measure(kind: 'bare' | 'api'): Promise<Result> {
  const server = fork(join(import.meta.dirname, 'api-bench-server.js'), [kind], { stdio: 'inherit' });
  try {
    const ready = (await nextMessage(server)) as ServerReady;
    const body = JSON.stringify({ kind: 'voice-communication', group: 'engineering' });
    const text = [
      'POST /v1/voice-requests HTTP/1.1',
      `Host: 127.0.0.1:${ready.port}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      `Authorization: Bearer ${ready.token}`,
      '',
      body,
    ].join('\r\n');
    await load(ready.port, text, WARM_UP_MS);
    const before = await cpuOf(server);
    const { requests, seconds } = await load(ready.port, text, MEASURED_MS);
    const cpuMicroseconds = ((await cpuOf(server)) - before) / requests;
    return { perSecond: requests / seconds, cpuMicroseconds };
  } finally {
    const exited = once(server, 'exit');
    server.send('stop');
    await exited;
  }
}

async function cpuOf(server: ChildProcess): Promise<number> {
  const answer = nextMessage(server);
  server.send('cpu');
  return ((await answer) as ServerCpu).cpuMicroseconds;
}

async function nextMessage(server: ChildProcess): Promise<unknown> {
  const failed = once(server, 'exit').then(() => {
    throw new Error('the benchmark server ended');
  });
  const [message] = await Promise.race([once(server, 'message'), failed]);
  return message;
}

/** Keeps every connection busy with one request after the other; a bare socket costs less than an HTTP client. */
export async function load(
  port: number,
  request: string,
  durationMs: number,
): Promise<{ requests: number; seconds: number }> {
  const start = performance.now();
  const counts = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => askUntil(port, request, start + durationMs)),
  );
  const requests = counts.reduce((sum, count) => sum + count, 0);
  return { requests, seconds: (performance.now() - start) / 1000 };
}

async function askUntil(port: number, request: string, deadline: number): Promise<number> {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  let answers = 0;
  let pending = '';
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const headEnd = pending.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const bodyLength = Number(/\r\ncontent-length: (\d+)/i.exec(pending)?.[1]);
      if (pending.length < headEnd + 4 + bodyLength) return;
      if (!/^HTTP\/1\.1 20[01] /.test(pending)) {
        reject(new Error(`unexpected answer: ${pending.slice(0, 300)}`));
        socket.destroy();
        return;
      }
      pending = '';
      answers += 1;
      if (performance.now() < deadline) socket.write(request);
      else socket.end(() => resolve(answers));
    });
    socket.write(request);
  });
}
