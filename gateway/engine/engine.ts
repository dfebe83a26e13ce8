import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { AdminServer } from './admin/admin-server.js';
import type { App, AppHooks } from './admin/app.js';
import { Apps } from './admin/apps.js';
import { refuse } from './agent/app-messages.js';
import { DialogCare } from './agent/dialog-care.js';
import { Receiver } from './agent/receiver.js';
import { type Lookup, Router, systemLookup } from './agent/router.js';
import { Sender } from './agent/sender.js';
import { UserAgentClient } from './agent/user-agent-client.js';
import { UserAgentServer } from './agent/user-agent-server.js';
import { type Clock, guardedClock, systemClock } from './clock.js';
import { Dialogs } from './dialog/dialogs.js';
import { Flows } from './flows.js';
import type { Engine, EngineCounts, EngineLog, EngineOptions } from './index.js';
import { type Parsed, parseFromApp } from './message/parse.js';
import { formatHost } from './message/uri.js';
import { Transactions } from './transaction/transactions.js';
import type { Hop } from './transport/connection.js';
import { Transport } from './transport/transport.js';

/** Builds the layers, ties them together and takes them apart. */
export class RunningEngine implements Engine {
  readonly #log: EngineLog;
  readonly #apps = new Apps();
  readonly #dialogs = new Dialogs();
  readonly #flows: Flows;
  readonly #transport: Transport;
  readonly #transactions: Transactions;
  readonly #receiver: Receiver;
  readonly #care: DialogCare;
  readonly #server: UserAgentServer;
  readonly #client: UserAgentClient;
  #admin: AdminServer | undefined;
  #closing: Promise<void> | undefined;

  private constructor(log: EngineLog, clock: Clock, transport: Transport) {
    this.#log = log;
    this.#transport = transport;
    const flows = new Flows(clock);
    const transactions = new Transactions({ clock, send: (hop, bytes, failed) => transport.send(hop, bytes, failed) });
    const lookup: Lookup = (host, family, found) =>
      systemLookup(host, family, (address) => this.#guard(() => found(address)));
    const router = new Router({ transport, flows, clock, lookup });
    const sender = new Sender({ router, transport, transactions });
    const receiver = new Receiver({
      send: (hop, bytes) => transport.send(hop, bytes, () => undefined),
      transactions,
      log: (reason, { protocol, address, port }) =>
        log.debug({ reason, protocol, address, port }, 'refused a SIP message'),
    });
    const common = { clock, dialogs: this.#dialogs, care: new DialogCare({ clock, dialogs: this.#dialogs, sender }) };
    this.#care = common.care;
    this.#flows = flows;
    this.#transactions = transactions;
    this.#receiver = receiver;
    this.#client = new UserAgentClient({ ...common, sender });
    this.#server = new UserAgentServer({
      ...common,
      apps: this.#apps,
      flows,
      transport,
      transactions,
      refuseStateless: ({ message }, source, status) => receiver.refuseStateless(message, source, status),
    });
    transactions.serve(this.#server);
  }

  static async start(options: EngineOptions): Promise<RunningEngine> {
    const { log, host, port, advertise = host, secret, adminPort = 0 } = options;
    const clock = guardedClock(options.clock ?? systemClock, (error) => log.error({ err: error }, 'SIP timer failed'));
    let engine: RunningEngine | undefined;
    const receive = (parsed: Parsed, source: Hop) => {
      if (engine !== undefined) engine.#receive(parsed, source);
    };
    const trouble = (what: string, details: object) => log.warn(details, what);
    const transport = await Transport.open({ host, advertise, port, clock, receive, trouble });
    engine = new RunningEngine(log, clock, transport);
    try {
      engine.#admin = await AdminServer.open(adminPort, engine.#apps, engine.#hooks(secret, clock));
    } catch (error) {
      await transport.close();
      throw error;
    }
    log.info({ host, sipPort: engine.sipPort, adminPort: engine.adminPort }, 'SIP engine listens');
    return engine;
  }

  get adminPort(): number {
    return this.#admin?.port ?? 0;
  }

  get sipPort(): number {
    return this.#transport.local.port;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#transport.handleUpgrade(request, socket, head);
  }

  counts(): EngineCounts {
    return {
      transactions: this.#transactions.count,
      dialogs: this.#dialogs.count,
      flows: this.#flows.count,
      connections: this.#transport.connectionCount,
      apps: this.#apps.count,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    // An app that goes has its dialogs ended, so this says goodbye to all peers.
    await this.#admin?.close();
    await this.#transport.close();
    this.#transactions.abandonAll();
    this.#server.clear();
    this.#flows.clear();
  }

  #receive(parsed: Parsed, source: Hop): void {
    if (!this.#transport.closed) this.#guard(() => this.#receiver.receive(parsed, source));
  }

  /** One message that trips over a fault of ours must not take all calls with it. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#log.error({ err: error }, 'SIP message failed');
    }
  }

  #hooks(secret: string, clock: Clock): AppHooks {
    const { host } = this.#transport.local;
    const hostports = ['udp', 'tcp'].map((protocol) => `${protocol}/${formatHost(host)}:${this.sipPort}`).join(',');
    return {
      secret,
      clock,
      hostports: () => hostports,
      routed: (app, verb, wanted) => this.#apps.route(app, verb, wanted),
      sip: (app, frameId, fields, message) => this.#fromApp(app, frameId, fields, message),
      gone: (app) => this.#guard(() => this.#appGone(app)),
    };
  }

  #fromApp(app: App, frameId: string, fields: readonly string[], message: Buffer): void {
    const [txnId = '', dialogId = '', routeUrl = ''] = fields;
    const parsed = parseFromApp(message);
    try {
      if (parsed.kind === 'malformed') refuse(app, frameId, `Server error: ${parsed.reason}`);
      else if (parsed.kind === 'request') {
        const route = routeUrl === '' ? undefined : routeUrl;
        this.#client.request(app, frameId, { txnId, dialogId, routeUrl: route }, parsed);
      } else if (txnId === '') refuse(app, frameId, 'transaction id missing');
      else this.#server.respond(app, frameId, txnId, parsed);
    } catch (error) {
      this.#log.error({ err: error }, 'SIP request of an app failed');
      refuse(app, frameId, 'Server error: internal error');
    }
  }

  #appGone(app: App): void {
    this.#apps.remove(app);
    this.#server.appGone(app);
    this.#client.appGone(app);
    for (const dialog of this.#dialogs.all()) {
      if (dialog.app === app && dialog.state === 'confirmed') this.#care.hangUp(dialog, 'Application gone');
    }
  }
}
