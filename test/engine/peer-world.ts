import assert from 'node:assert/strict';
import { FakeClock } from './fake-clock.js';
import { type RawPeer, udpPeer } from './raw-peer.js';
import { type Running, type Srf, startRunning } from './running.js';

/** An engine between one app and one peer. */
export interface PeerWorld {
  readonly clock: FakeClock;
  readonly running: Running;
  readonly srf: Srf;
  readonly peer: RawPeer;
}

export async function setUp(): Promise<PeerWorld> {
  const clock = new FakeClock();
  const running = await startRunning(clock);
  const srf = await running.app();
  return { clock, running, srf, peer: await udpPeer(running.engine.sipPort) };
}

/** Stops it all; no timer may be left. */
export async function takeDown({ clock, running, peer }: Omit<PeerWorld, 'srf'>): Promise<void> {
  peer.close();
  await running.stop();
  assert.equal(clock.pending, 0);
}
