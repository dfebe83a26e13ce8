/** Where the room is heard: one audio element, for as long as the page lives. */
export class Speaker {
  readonly #element: HTMLAudioElement;
  readonly #onBlocked: (blocked: boolean) => void;

  constructor(element: HTMLAudioElement, onBlocked: (blocked: boolean) => void) {
    this.#element = element;
    this.#onBlocked = onBlocked;
  }

  get canChoose(): boolean {
    return 'setSinkId' in this.#element;
  }

  attach(stream: MediaStream): void {
    if (this.#element.srcObject !== stream) this.#element.srcObject = stream;
    this.play();
  }

  /** Browsers refuse to play without a click before it; then a click has to call this again. */
  play(): void {
    this.#element.play().then(
      () => this.#onBlocked(false),
      (error: unknown) => {
        if (error instanceof Error && error.name === 'NotAllowedError') this.#onBlocked(true);
      },
    );
  }

  detach(): void {
    this.#element.srcObject = null;
    this.#onBlocked(false);
  }

  /** Resolves to whether the device is in use; an unknown one leaves the speaker as it was. */
  async choose(deviceId: string): Promise<boolean> {
    if (!this.canChoose) return false;
    return this.#element.setSinkId(deviceId).then(
      () => true,
      () => false,
    );
  }
}
