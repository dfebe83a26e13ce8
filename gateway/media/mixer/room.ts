import type { Instant } from './instant.js';
import type { LegId, Samples } from './mixer.js';
import { Announcer } from './playback.js';
import type { Port } from './port.js';
import { RoomMix } from './room-mix.js';
import { RTP_HEADER_BYTES } from './rtp.js';

/** The ports of one room, and what they hear of each other. */
export class Room {
  readonly #ports: Port[] = [];
  readonly #mix = new RoomMix();
  readonly #announcer = new Announcer();

  get size(): number {
    return this.#ports.length;
  }

  add(port: Port): void {
    this.#ports.push(port);
  }

  remove(port: Port): void {
    const at = this.#ports.indexOf(port);
    if (at >= 0) this.#ports.splice(at, 1);
  }

  /** Plays to all, but for some, once what was announced before is over. */
  announce(samples: Samples, except: readonly LegId[]): void {
    this.#announcer.announce(samples, except);
  }

  /** One frame: listens to everybody, then sends to each what the others said. */
  tick(due: Instant): void {
    const ports = this.#ports;
    for (let i = 0; i < ports.length; i++) (ports[i] as Port).listen(due);
    const announced = this.#announcer.next();
    this.#mix.begin(ports, announced ? this.#announcer.frame : undefined);
    for (let i = 0; i < ports.length; i++) {
      const port = ports[i] as Port;
      const packet = port.packet;
      if (packet === undefined) continue;
      const spared = announced && this.#announcer.spares(port.leg);
      const player = port.player?.active === true ? port.player : undefined;
      if (spared || player !== undefined) this.#mix.encodeAlone(port, spared, player, packet, RTP_HEADER_BYTES);
      else this.#mix.encodeFor(port, packet, RTP_HEADER_BYTES);
      port.send();
    }
  }

  skip(frames: number): void {
    for (const port of this.#ports) port.skip(frames);
  }
}
