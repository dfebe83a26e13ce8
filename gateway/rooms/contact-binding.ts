/** The transport a contact binding's REGISTER came in on; `ws` stands for WebSocket, secure or not. */
export type FlowTransport = 'udp' | 'tcp' | 'tls' | 'ws';

/** Where an address of record can be reached now (RFC 3261 section 10). */
export interface ContactBinding {
  readonly userId: string;
  readonly userName: string;
  /** The Contact's URI as the phone wrote it, without name and header parameters. */
  readonly contactUri: string;
  /** Call-ID and CSeq of the REGISTER that made it: an older one of the same call is refused. */
  readonly callId: string;
  readonly cseq: number;
  readonly transport: FlowTransport;
  /** Where the REGISTER came from: where requests to this contact are sent. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly userAgent: string;
  readonly registeredAt: Date;
  readonly expiresAt: Date;
}

/** Contact bindings outlive a restart; a binding past `expiresAt` is not returned by any of these. */
export interface ContactBindingStore {
  findByUser(userId: string, now: Date): Promise<ContactBinding[]>;
  /**
   * Writes and removes bindings of one user in one transaction: all of a REGISTER or nothing of it
   * (RFC 3261 section 10.3 step 7). The key is user and contact URI, compared exactly.
   */
  apply(userId: string, changes: { put: readonly ContactBinding[]; remove: readonly string[] }): Promise<void>;
  /** Every live binding, for the keep-alive check. */
  all(now: Date): Promise<ContactBinding[]>;
  /** Deletes what has expired; returns how many. */
  purgeExpired(now: Date): Promise<number>;
}
