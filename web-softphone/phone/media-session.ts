import { type Session, Web } from 'sip.js';
import { ProblemError } from './problem.js';

/** A digit lasts 160 ms with 70 ms after it: what RFC 4733 receivers and people both cope with. */
const DIGIT_MS = 160;
const DIGIT_GAP_MS = 70;
const ICE_GATHERING_LIMIT_MS = 500;

/** The microphone each call sends; it may be another one later. */
const microphones = new WeakMap<Session, () => MediaStream>();

/** Says which microphone a call sends; before it is made or answered. */
export function giveMicrophone(session: Session, microphone: () => MediaStream): void {
  microphones.set(session, microphone);
}

/**
 * Makes peer connections that send a copy of the call's microphone, which SIP.js stops when the session ends.
 * rtpengine is reached directly: no STUN server is asked.
 */
export const mediaFactory: Web.SessionDescriptionHandlerFactory = (session, options) => {
  const createHandler = Web.defaultSessionDescriptionHandlerFactory(async () => microphoneOf(session).clone());
  return createHandler(session, {
    ...options,
    iceGatheringTimeout: ICE_GATHERING_LIMIT_MS,
    peerConnectionConfiguration: { iceServers: [], bundlePolicy: 'balanced', rtcpMuxPolicy: 'require' },
  });
};

function microphoneOf(session: Session): MediaStream {
  const microphone = microphones.get(session);
  if (microphone === undefined) throw new ProblemError({ code: 'microphone-failed' });
  return microphone();
}

export function peerConnectionOf(session: Session): RTCPeerConnection | undefined {
  const handler = session.sessionDescriptionHandler;
  return handler instanceof Web.SessionDescriptionHandler ? handler.peerConnection : undefined;
}

export function remoteStreamOf(session: Session): MediaStream | undefined {
  const handler = session.sessionDescriptionHandler;
  return handler instanceof Web.SessionDescriptionHandler ? handler.remoteMediaStream : undefined;
}

/** Sends the audio of another microphone from now on, without a word to the far end. */
export async function replaceMicrophone(session: Session, stream: MediaStream, sending: boolean): Promise<void> {
  const track = stream.getAudioTracks()[0]?.clone();
  const sender = peerConnectionOf(session)?.getSenders()[0];
  if (track === undefined || sender === undefined) return;
  track.enabled = sending;
  const before = sender.track;
  await sender.replaceTrack(track);
  before?.stop();
}

/** Whether the microphone is sent; silence otherwise. The microphone itself stays open, so that its meter moves. */
export function setSending(session: Session, sending: boolean): void {
  for (const sender of peerConnectionOf(session)?.getSenders() ?? []) {
    if (sender.track !== null) sender.track.enabled = sending;
  }
}

/** Sends a digit as RTP events (RFC 4733), or as INFO where telephone-event was not agreed on. */
export function sendDigit(session: Session, digit: string): void {
  const sender = peerConnectionOf(session)?.getSenders()[0]?.dtmf;
  if (sender?.canInsertDTMF) {
    // insertDTMF replaces what is still to be sent.
    sender.insertDTMF(sender.toneBuffer + digit, DIGIT_MS, DIGIT_GAP_MS);
    return;
  }
  session
    .info({
      requestOptions: {
        body: {
          contentDisposition: 'render',
          contentType: 'application/dtmf-relay',
          content: `Signal=${digit}\r\nDuration=${DIGIT_MS}\r\n`,
        },
      },
    })
    .catch(() => undefined);
}
