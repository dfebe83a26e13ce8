import { execFileSync } from 'node:child_process';

let counter = 0;

/**
 * Tests that pull a cable. Where this user may make no network namespaces they are skipped by name, except in CI, where
 * it must be able to.
 */
export function describeWithNetworks(name: string, tests: (this: Mocha.Suite) => void): void {
  if (!canMakeNamespaces() && process.env.CI !== 'true') {
    describe.skip(`${name} (skipped: this user may not make network namespaces)`, () => {});
    return;
  }
  describe(name, tests);
}

/** Root may, on a machine that has them. */
function canMakeNamespaces(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    NetworkNamespace.create().remove();
    return true;
  } catch {
    return false;
  }
}

const alive = new Set<NetworkNamespace>();
process.on('exit', () => {
  for (const namespace of alive) namespace.remove();
});

/** A network of one machine behind a cable that can be pulled. */
export class NetworkNamespace {
  readonly name: string;
  /** Our end of the cable. */
  readonly hostAddress: string;
  /** The other end. */
  readonly address: string;
  readonly #link: string;

  static create(): NetworkNamespace {
    const id = `${process.pid % 10_000}x${counter++}`;
    const namespace = new NetworkNamespace(`roomline${id}`, `rl${id}`, `10.231.${process.pid % 250}`);
    try {
      namespace.#connect();
    } catch (error) {
      namespace.remove();
      throw error;
    }
    return namespace;
  }

  private constructor(name: string, link: string, network: string) {
    this.name = name;
    this.#link = link;
    this.hostAddress = `${network}.${4 * counter + 1}`;
    this.address = `${network}.${4 * counter + 2}`;
    alive.add(this);
  }

  /** Nothing that is in there can be heard of any more: no packet, no acknowledgement, no error. */
  cut(): void {
    ip('-n', this.name, 'route', 'add', 'blackhole', `${this.hostAddress}/32`);
  }

  remove(): void {
    alive.delete(this);
    for (const args of [
      ['link', 'del', this.#link],
      ['netns', 'del', this.name],
    ]) {
      try {
        ip(...args);
      } catch {
        // It was not made, or has gone already.
      }
    }
  }

  #connect(): void {
    const peer = `${this.#link}p`;
    ip('netns', 'add', this.name);
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', peer, 'netns', this.name);
    ip('addr', 'add', `${this.hostAddress}/30`, 'dev', this.#link);
    ip('link', 'set', this.#link, 'up');
    ip('-n', this.name, 'addr', 'add', `${this.address}/30`, 'dev', peer);
    ip('-n', this.name, 'link', 'set', peer, 'up');
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
