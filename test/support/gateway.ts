import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../../gateway/config.js';
import { type Gateway, type GatewayCounts, startGateway } from '../../gateway/gateway.js';
import { createLog } from '../../gateway/log.js';
import { ApiClient } from './api-client.js';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { GATEWAY_RTP_PORTS } from './free-port.js';
import type { SipServerAddress } from './sip-wire.js';
import { temporaryFolder } from './temporary-folder.js';

/** Settings by environment variable; they win over the tests' own. */
export type GatewayEnvironment = Readonly<Record<string, string>>;

/** The same for each try to start a gateway, or anew for each. */
type EnvironmentOfTry = GatewayEnvironment | (() => GatewayEnvironment);

/** By then nobody who went without a word has left anything behind: the product asks for less. */
export const GONE_MS = 45_000;
const READY = /^roomline ready (http:\/\/\S+)(?: sip:(\S+):(\d+))?$/m;
export const NOTHING_HELD = { legs: 0, rooms: 0, participants: 0, rtpengineCalls: 0, mixerPorts: 0 } as const;

/** A real gateway with the demo's users: free ports, a folder of its own, rtpengine of its own. */
export class TestGateway {
  readonly api: ApiClient;
  readonly sip: SipServerAddress;
  readonly #gateway: Gateway;
  readonly #folder: string;

  /** Starts one in this process. */
  static async start(environment: EnvironmentOfTry = {}): Promise<TestGateway> {
    const folder = temporaryFolder('gateway');
    try {
      const gateway = await onFreePorts(() => {
        const config = loadConfig(testEnvironment(folder, ofTry(environment)));
        return startGateway(config, createLog({ level: config.log.level, format: 'json' }));
      });
      return new TestGateway(gateway, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(gateway: Gateway, folder: string) {
    this.#gateway = gateway;
    this.#folder = folder;
    this.api = new ApiClient(gateway.httpUrl);
    if (gateway.sip === undefined) throw new Error('a directory has no SIP: start it with GatewayProcess');
    this.sip = gateway.sip;
  }

  get httpUrl(): string {
    return this.#gateway.httpUrl;
  }

  counts(): Promise<GatewayCounts> {
    return this.#gateway.counts();
  }

  /** Waits until so many are in rooms, and says nothing of what they hear yet. */
  async holds(counts: Partial<GatewayCounts>, deadlineMs = GONE_MS): Promise<void> {
    const wanted = Object.entries(counts) as [keyof GatewayCounts, number][];
    await eventually(
      `the gateway to hold ${JSON.stringify(counts)}`,
      () => this.counts(),
      (seen) => wanted.every(([name, count]) => seen[name] === count),
      deadlineMs,
    );
  }

  /** Waits until no call has left anything behind: no leg, no port, nothing in rtpengine. */
  holdsNothing(deadlineMs?: number): Promise<void> {
    return this.holds(NOTHING_HELD, deadlineMs);
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A gateway that is a process of its own, to be signalled and killed. */
export class GatewayProcess {
  readonly child: Child;
  readonly api: ApiClient;
  readonly #sip: SipServerAddress | undefined;
  readonly #folder: string;

  static async start(environment: GatewayEnvironment = {}): Promise<GatewayProcess> {
    const folder = environment.ROOMLINE_DATA ?? temporaryFolder('gateway');
    return onFreePorts(async () => {
      const child = await Child.start(process.execPath, [join(import.meta.dirname, 'run-gateway.js')], {
        env: { PATH: process.env.PATH, ...testEnvironment(folder, environment) },
        detached: true,
      });
      try {
        return new GatewayProcess(child, folder, await child.line(READY));
      } catch (error) {
        child.killNow();
        throw error;
      }
    });
  }

  private constructor(child: Child, folder: string, [, url = '', host, port]: RegExpExecArray) {
    this.child = child;
    this.#folder = folder;
    this.api = new ApiClient(url);
    this.#sip = host === undefined ? undefined : { host, port: Number(port) };
  }

  get sip(): SipServerAddress {
    if (this.#sip === undefined) throw new Error('a directory has no SIP');
    return this.#sip;
  }

  /** As the power fails: nothing is ended or written any more. */
  async kill(): Promise<void> {
    this.child.killNow();
    await this.child.exited;
  }

  /** SIGTERM, and its data folder is gone. */
  async stop(): Promise<void> {
    await this.child.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function ofTry(environment: EnvironmentOfTry): GatewayEnvironment {
  return typeof environment === 'function' ? environment() : environment;
}

const MOST_TRIES = 40;
const PAUSE_MS = 500;

/** Other tests on this machine may have the RTP ports: then others are taken, or theirs once they are done. */
async function onFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === MOST_TRIES || !/UDP ports .* are in use/.test(String(error))) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/** What every gateway of the tests is told: free ports, the demo, a quiet log. */
export function testEnvironment(folder: string, environment: GatewayEnvironment = {}): Record<string, string> {
  return {
    ROOMLINE_HOST: '127.0.0.1',
    ROOMLINE_HTTP_PORT: '0',
    ROOMLINE_SIP_PORT: '0',
    ROOMLINE_RTP_PORTS: GATEWAY_RTP_PORTS,
    ROOMLINE_DATA: folder,
    ROOMLINE_SEED: 'demo',
    ROOMLINE_LOG_LEVEL: process.env.ROOMLINE_TEST_LOG ?? 'fatal',
    ROOMLINE_LOG_FORMAT: 'json',
    ...environment,
  };
}
