import type { Apart, Media, MediaLeg } from '../media/media.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LeaveCause } from '../rooms/roster.js';
import type { DialogListener, Headers, SipDialog, Source } from './sip-server.js';

/** How a leg gets its dialog: a caller's INVITE is answered, or one of ours is. */
export interface LegOrigin {
  /** Who dialled: a leg we dial rings before it is answered. */
  readonly dialled: 'in' | 'out';
  /** Where the far end is. */
  readonly source: Source;
  readonly callId: string | undefined;
  /** The answer to our offer comes with the ACK. */
  readonly answerInAck: boolean;
  /** Says that the far end gave up before there was a dialog, at once if it did so already. One listener only. */
  onGone(listener: () => void): void;
  openMedia(media: Media, leg: string, room: RoomNumber | Apart): Promise<MediaLeg>;
  /** Makes the dialog. @throws when the far end does not want one. */
  connect(sdp: string, listener: DialogListener): Promise<SipDialog>;
  /** What is left to do for the media once there is a dialog. */
  completeMedia(media: MediaLeg): Promise<void>;
  /** The leg is ending and may have no dialog yet: what can still be called back is, with these headers. */
  withdraw(headers: Headers): void;
  /** No dialog came about: tells the far end why, if it waits to hear. */
  refuse(cause: LeaveCause, failure: unknown): Promise<void>;
}
