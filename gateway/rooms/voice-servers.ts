/** A voice server as the others see it. */
export interface VoiceServerBeat {
  readonly id: string;
  /** Where directories reach its HTTP. */
  readonly url: string;
  /** True once it takes no new rooms. */
  readonly draining: boolean;
}

/** Which voice servers are alive, by the heartbeats they write. Their clocks must agree to within a second or two. */
export interface VoiceServerRegistry {
  beat(server: VoiceServerBeat, now: Date): Promise<void>;
  /** Those that beat since then and are not draining, the latest first. */
  ready(since: Date): Promise<VoiceServerBeat[]>;
  /** A server that stops says so, instead of being waited for. */
  leave(id: string): Promise<void>;
  /** Forgets servers that have not beaten since then. */
  purge(before: Date): Promise<number>;
}
