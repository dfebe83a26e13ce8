/** What Roomline uses of rtpengine-client 0.4, which brings no types. */
declare module 'rtpengine-client' {
  import type { EventEmitter } from 'node:events';

  export interface NgDestination {
    host: string;
    port: number;
  }

  export type NgArguments = Record<string, unknown>;
  export type NgReply = Record<string, unknown>;

  export class Client extends EventEmitter {
    constructor(options: { localAddress?: string; localPort?: number; timeout?: number; rejectOnError?: boolean });
    offer(to: NgDestination, args: NgArguments): Promise<NgReply>;
    answer(to: NgDestination, args: NgArguments): Promise<NgReply>;
    delete(to: NgDestination, args: NgArguments): Promise<NgReply>;
    list(to: NgDestination, args: NgArguments): Promise<NgReply>;
    ping(to: NgDestination, args: NgArguments): Promise<NgReply>;
    statistics(to: NgDestination, args: NgArguments): Promise<NgReply>;
    blockMedia(to: NgDestination, args: NgArguments): Promise<NgReply>;
    unblockMedia(to: NgDestination, args: NgArguments): Promise<NgReply>;
    close(): void;
  }

  const rtpengineClient: { Client: typeof Client };
  export default rtpengineClient;
}
