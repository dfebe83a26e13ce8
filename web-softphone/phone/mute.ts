/**
 * A participant is muted by their own wish or by a moderator. The server keeps one flag; whose it is follows from who
 * changed it. A moderator who unmutes never opens the microphone of somebody who muted themselves.
 */
export interface MuteState {
  readonly muted: boolean;
  readonly by?: 'self' | 'moderator';
}

export const UNMUTED: MuteState = { muted: false };

/** What becomes of the mute state, and whether the server must be told again. */
export interface MuteStep {
  readonly state: MuteState;
  readonly tellServer: boolean;
}

/** The server says whether the user is muted; `asked` is what we last asked it for and has not shown yet. */
export function onServerMute(state: MuteState, serverMuted: boolean, asked: boolean | undefined): MuteStep {
  if (asked !== undefined || serverMuted === state.muted) return { state, tellServer: false };
  if (serverMuted) return { state: { muted: true, by: 'moderator' }, tellServer: false };
  if (state.by === 'moderator') return { state: UNMUTED, tellServer: false };
  return { state, tellServer: true };
}
