/** How long sound may be interrupted before another path is looked for. */
const INTERRUPTION_MS = 3_000;

/** Tells when a call's sound is lost, by ICE; a short interruption mends itself (RFC 8445 section 9). */
export class SoundWatch {
  readonly #onLost: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  watch(connection: RTCPeerConnection): void {
    connection.addEventListener('iceconnectionstatechange', () => {
      clearTimeout(this.#timer);
      const state = connection.iceConnectionState;
      if (state === 'disconnected') this.#timer = setTimeout(this.#onLost, INTERRUPTION_MS);
      else if (state === 'failed') this.#onLost();
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
