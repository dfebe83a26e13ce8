import type { CallState } from '../phone/call-state.js';
import type { Problem, ProblemCode } from '../phone/problem.js';
import type { Participant } from '../phone/room-view.js';

/** Everything the page says, in one place. */
export const TEXTS = {
  product: 'Roomline',
  tagline: 'Your team’s voice room, one click away.',
  skip: 'Skip to the content',
  user: 'User name',
  password: 'Password',
  logIn: 'Log in',
  loggingIn: 'Logging in…',
  logOut: 'Log out',
  settings: 'Sound settings',
  loading: 'Loading your rooms…',
  roomsTitle: 'Your rooms',
  roomsLead: 'Click a room to walk in. Any phone can dial its number as well.',
  noGroups: 'You are in no group yet. Ask whoever runs Roomline to add you to one.',
  enter: 'Enter',
  lastUsed: 'Last used',
  moderator: 'Moderator',
  youModerate: 'You moderate',
  numberPending: 'Gets its number when first entered',
  roomNumber: 'Room number',
  dialHint: 'Dial this number from a desk phone to join by phone.',
  copy: 'Copy number',
  copied: 'Copied',
  inRoom: (count: number) => (count === 1 ? '1 person here' : `${count} people here`),
  alone: 'Nobody else is here yet. Share the number, or wait for the others.',
  rosterStale: 'Updating who is here…',
  you: 'you',
  talking: 'talking',
  muted: 'muted',
  onHold: 'on hold',
  pressed: (digit: string) => `pressed ${digit}`,
  mute: 'Mute',
  unmute: 'Unmute',
  keypad: 'Keypad',
  keypadHint: 'Digits go to the room, as from a phone’s keys.',
  keypadSent: 'Sent digits',
  leave: 'Leave',
  cancel: 'Cancel',
  close: 'Close',
  enterAgain: 'Enter again',
  backToRooms: 'Back to your rooms',
  muteOther: (name: string) => `Mute ${name}`,
  unmuteOther: (name: string) => `Unmute ${name}`,
  removeOther: (name: string) => `Remove ${name}`,
  removeTitle: (name: string) => `Remove ${name} from the room?`,
  removeBody: 'They hear that the call ended. Members of the group can come back.',
  remove: 'Remove',
  mutedByModerator: 'A moderator muted you. The others cannot hear you.',
  mutedBySelf: 'You are muted. The others cannot hear you.',
  talkingWhileMuted: 'You are talking while muted.',
  soundBlocked: 'Your browser is holding the sound back.',
  enableSound: 'Turn sound on',
  microphone: 'Microphone',
  speaker: 'Speaker',
  systemDefault: 'System default',
  unnamedDevice: (index: number) => `Device ${index + 1}`,
  devicesHidden: 'Devices get their names once you have entered a room and allowed the microphone.',
  speakerFixed: 'This browser plays through the system’s speaker; choose it in the system’s settings.',
  microphoneLevel: 'Microphone level',
  dismiss: 'Dismiss',
  joined: (name: string) => `${name} came in`,
  left: (name: string) => `${name} left`,
  tryAgainIn: (seconds: number) => `Try again in ${seconds} s.`,
} as const;

export const DEVICE_NAMES: Record<Participant['device'], string> = {
  softphone: 'Browser',
  'desk-phone': 'Desk phone',
  'outside-line': 'Outside line',
};

export const CALL_STATES: Record<CallState, string> = {
  idle: '',
  requesting: 'Allow the microphone if your browser asks…',
  connecting: 'Connecting…',
  ringing: 'Entering the room…',
  'in-room': 'In the room',
  reconnecting: 'Connection lost. Reconnecting…',
  ended: 'Not in the room',
};

interface Words {
  readonly title: string;
  readonly body: string;
}

const PROBLEMS: Record<ProblemCode, Words> = {
  'wrong-password': { title: 'That did not match', body: 'User name or password is wrong. Please try again.' },
  'too-many-tries': { title: 'Too many tries', body: 'Wait a moment before you try again.' },
  'session-expired': { title: 'Please log in again', body: 'Your login has expired.' },
  unreachable: {
    title: 'Roomline cannot be reached',
    body: 'Check your network connection and try again.',
  },
  'server-error': { title: 'Something went wrong', body: 'The server could not do this. Please try again.' },
  'microphone-refused': {
    title: 'The microphone is blocked',
    body: 'Allow the microphone for this page: click the icon left of the address, set Microphone to Allow, then enter again.',
  },
  'microphone-absent': {
    title: 'No microphone found',
    body: 'Plug in a microphone or headset, then enter again.',
  },
  'microphone-in-use': {
    title: 'The microphone is busy',
    body: 'Another program is using it. Close that program or choose another microphone, then enter again.',
  },
  'microphone-failed': {
    title: 'The microphone does not work',
    body: 'Choose another microphone in the sound settings, then enter again.',
  },
  'insecure-origin': {
    title: 'This page is not secure',
    body: 'Browsers give the microphone only to secure pages. Open Roomline by its https:// address.',
  },
  'not-allowed': { title: 'You may not enter this room', body: 'Ask a moderator of the group to add you.' },
  'no-such-room': { title: 'This room does not exist', body: 'Its number may have changed. Go back and try again.' },
  'room-full': { title: 'The room is full', body: 'Try again when somebody has left.' },
  'not-acceptable': {
    title: 'No common sound format',
    body: 'Your browser and the room found no way to exchange sound. Try another browser.',
  },
  unavailable: { title: 'Roomline is busy', body: 'The server takes no calls right now. Please try again shortly.' },
  'no-answer': { title: 'No answer', body: 'The server did not answer. Please try again.' },
  'call-refused': { title: 'The call was refused', body: 'The server did not let the call through. Please try again.' },
  'connection-lost': {
    title: 'The connection was lost',
    body: 'There was no way back into the room. Check your network connection and enter again.',
  },
  'sound-lost': {
    title: 'Your sound stopped arriving',
    body: 'The room heard nothing from you for a while and let you go. Enter again to come back.',
  },
  removed: { title: 'A moderator removed you', body: 'You are no longer in the room.' },
  'room-closed': { title: 'The server is restarting', body: 'It ended the call. Enter again in a moment.' },
  'ended-by-room': { title: 'The room ended the call', body: 'Enter again to come back.' },
  'action-failed': { title: 'That did not work', body: 'Please try again.' },
};

export function wordsOf(problem: Problem): Words {
  const { title, body } = PROBLEMS[problem.code];
  const { retryAfterSeconds } = problem;
  return { title, body: retryAfterSeconds === undefined ? body : `${body} ${TEXTS.tryAgainIn(retryAfterSeconds)}` };
}
