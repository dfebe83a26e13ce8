import type { Problem, ProblemCode } from '../phone/problem.js';
import { TEXTS } from './texts.js';

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
  'not-allowed': { title: 'You may not enter this room', body: 'Ask somebody in the room to invite you.' },
  'no-such-room': { title: 'This room does not exist', body: 'It may have ended, or its number has changed.' },
  'bad-link': {
    title: 'This link leads to no room',
    body: 'What it ends in is no room number, which has 3 to 12 digits. Check the link.',
  },
  'wrong-pin': { title: 'That PIN did not match', body: 'Check the PIN and the room’s number.' },
  'unknown-people': { title: 'Nobody has that name', body: 'Check the user names.' },
  'no-trunk': {
    title: 'No outside line',
    body: 'There is no line to call this telephone number by. Invite people by their user names.',
  },
  barred: { title: 'This number is not allowed', body: 'The rules here do not let this telephone number be called.' },
  'call-limit': {
    title: 'No more outside calls just now',
    body: 'As many telephone numbers were called in the last hour as may be.',
  },
  'lines-busy': { title: 'All outside lines are in use', body: 'Try again when a call has ended.' },
  'no-desk-phone': {
    title: 'No desk phone of yours is registered',
    body: 'Switch your desk phone on, dial the room’s number on another phone, or enter with this browser.',
  },
  'desk-phone-silent': {
    title: 'Your desk phone was not answered',
    body: 'Have it called again, or enter with this browser.',
  },
  'room-locked': {
    title: 'This room is locked',
    body: 'A moderator lets nobody else in just now. Ask somebody in the room to unlock it, or try again later.',
  },
  'numbers-exhausted': { title: 'No number is free', body: 'All numbers for such rooms are in use just now.' },
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
  'room-over': { title: 'This room has ended', body: 'Its number leads nowhere any more.' },
  'ended-by-room': { title: 'The room ended the call', body: 'Enter again to come back.' },
  'action-failed': { title: 'That did not work', body: 'Please try again.' },
};

/** The problems whose own words come from the server, which knows more. */
const SAID_BY_SERVER: readonly ProblemCode[] = ['unknown-people', 'barred', 'action-failed'];

export function wordsOf(problem: Problem): Words {
  const { title, body } = PROBLEMS[problem.code];
  const { detail, retryAfterSeconds } = problem;
  const said = detail !== undefined && SAID_BY_SERVER.includes(problem.code) ? sentence(detail) : body;
  return { title, body: retryAfterSeconds === undefined ? said : `${said} ${TEXTS.tryAgainIn(retryAfterSeconds)}` };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
