import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Media } from '../media/media.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import type { Directory } from '../rooms/directory.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { SipAccountStore, SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { UserStore } from '../rooms/user.js';

export interface SipApplicationOptions {
  config: Pick<Config, 'sip' | 'liveness' | 'rooms'>;
  /** The engine's or a drachtio-server's admin port. */
  drachtio: { host: string; port: number; secret: string };
  directory: Directory;
  users: UserStore;
  sipAccounts: SipAccountStore;
  credentials: SoftphoneCredentialIssuer;
  contacts: ContactBindingStore;
  roster: Roster;
  media: Media;
  log: Log;
}

export interface SipApplication {
  /** What the API does to those who are in a room now. */
  readonly liveRooms: LiveRooms;
  /** True while the link to the engine is up and nothing is being drained. */
  ready(): boolean;
  /** What is held now: for metrics and for tests that look for leaks. */
  counts(): { legs: number; rooms: number };
  /** Refuses new calls with 503 and ends all there are; resolves when they are gone or `deadlineMs` is over. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends what is left, closes the link and every timer. */
  stop(): Promise<void>;
}

/**
 * Connects to the engine and serves phones: registrations, calls into rooms, keep-alives.
 * @throws RoomlineError `unavailable` when the engine does not take us within 10 s.
 */
export declare function startSipApplication(options: SipApplicationOptions): Promise<SipApplication>;
