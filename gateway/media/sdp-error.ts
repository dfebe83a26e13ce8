import { RoomlineError } from '../errors.js';

/** The far end's SDP is refused; `why` names nothing the far end wrote unless it was checked. */
export function notAcceptable(why: string): RoomlineError {
  return new RoomlineError('not-acceptable', `the session description cannot be used: ${why}`, {
    code: 'sdp-unusable',
  });
}
