import type { Log } from '../log.js';
import type { ContactBinding, ContactBindingStore } from '../rooms/contact-binding.js';
import type { UserStore } from '../rooms/user.js';
import { parseUri } from './address.js';
import type { Answer, SipServer } from './sip-server.js';

export interface KeepAliveOptions {
  server: Pick<SipServer, 'request' | 'linked'>;
  contacts: ContactBindingStore;
  users: Pick<UserStore, 'findByName'>;
  /** Removes a binding unless it was refreshed meanwhile. */
  removeDead(binding: ContactBinding): Promise<boolean>;
  /** A contact in a call is watched by its leg. */
  hasCallFrom(binding: ContactBinding): boolean;
  intervalMs: number;
  timeoutMs: number;
  log: Log;
}

export interface KeepAlive {
  /** Asks the contacts of a user now: a phone of theirs left a call without a word. */
  askUser(userName: string): void;
  stop(): void;
}

/**
 * The part of the interval over which contacts are asked. Who registers or changes places just after they were chosen
 * is asked at most an interval and this part later: with the answer's deadline, gone within 30 s.
 */
const SPREAD = 1 / 3;

/**
 * Asks every idle contact once in each interval by OPTIONS whether it is still there, spread evenly over a part of
 * it, and removes the bindings of those who are not. It keeps the way through a NAT open, too.
 */
export function startKeepAlive(options: KeepAliveOptions): KeepAlive {
  const { server, contacts, users, removeDead, hasCallFrom, intervalMs, timeoutMs, log } = options;
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  function later(delayMs: number, task: () => Promise<void>): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      task().catch((error: unknown) => log.error({ err: error }, 'keep-alive of contacts failed'));
    }, delayMs);
    timers.add(timer);
  }

  async function askAll(): Promise<void> {
    later(intervalMs, askAll);
    if (!server.linked) return;
    const now = new Date();
    await contacts.purgeExpired(now);
    const bindings = await contacts.all(now);
    for (const [index, binding] of bindings.entries()) {
      later((index * SPREAD * intervalMs) / bindings.length, () => ask(binding));
    }
  }

  async function askAllOf(userName: string): Promise<void> {
    const user = await users.findByName(userName);
    if (user === undefined || !server.linked) return;
    for (const binding of await contacts.findByUser(user.id, new Date())) later(0, () => ask(binding));
  }

  async function ask(binding: ContactBinding): Promise<void> {
    if (hasCallFrom(binding) || binding.expiresAt.getTime() <= Date.now()) return;
    const uri = parseUri(binding.contactUri);
    const to = uri === undefined ? binding.contactUri : `${uri.scheme}:${encodeURIComponent(uri.user)}@${uri.host}`;
    const target = { address: binding.sourceAddress, port: binding.sourcePort, transport: binding.transport };
    const answer = await server.request({ method: 'OPTIONS', uri: binding.contactUri, to, target }, timeoutMs);
    // A call made meanwhile proves more than the answer.
    if (!isDead(answer) || hasCallFrom(binding) || stopped) return;
    if (await removeDead(binding)) {
      log.info({ user: binding.userName, transport: binding.transport, answer }, 'dead contact removed');
    }
  }

  later(intervalMs, askAll);
  return {
    askUser: (userName) => later(0, () => askAllOf(userName)),
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Any answer of the phone's own means it is there; without a link nothing is known. */
function isDead(answer: Answer): boolean {
  return 'none' in answer && answer.none !== 'link-lost';
}
