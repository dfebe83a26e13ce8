import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RoomlineError } from '../errors.js';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A range of UDP ports no other Roomline on this machine uses while it is held. */
export interface PortClaim {
  readonly range: PortRange;
  /** Loopback ports beside the claim's markers: free for the control port, and never used for RTP. */
  readonly controlPorts: readonly number[];
  release(): void;
}

const CELL_PORTS = 100;
const MARKER_ADDRESS = '127.0.0.1';
const FIRST_UNPRIVILEGED_PORT = 1024;

/**
 * Claims RTP ports for one rtpengine. rtpengine opens its ports with SO_REUSEADDR, so that two of them with
 * overlapping ranges both get the same port without an error and take each other's audio. Each 100 ports are
 * therefore claimed by a socket that is bound without it to the first of them on loopback: only one gateway can
 * hold it, and the kernel frees it whatever way the gateway ends. rtpengine skips a port that is held so.
 *
 * @param wantedPorts take a part of the range that holds about so many; when left out, all of the range, or as much of
 *   it as is free in one piece, which is half of it at least, since other programs may have been given a port of it.
 * @throws RoomlineError `conflict` when too little of the range is free.
 */
export async function claimPorts(range: PortRange, wantedPorts?: number): Promise<PortClaim> {
  const firstCell = Math.floor(range.first / CELL_PORTS);
  const cellCount = Math.floor(range.last / CELL_PORTS) - firstCell + 1;
  const wantedCells = Math.min(cellCount, Math.ceil((wantedPorts ?? cellCount * CELL_PORTS) / CELL_PORTS));
  for (const start of runStarts(cellCount, wantedCells)) {
    const markers = await claimCells(firstCell + start, wantedCells);
    if (markers !== undefined) return claimOf(range, firstCell + start, markers);
  }
  const longest = wantedPorts === undefined ? await claimLongest(firstCell, cellCount) : undefined;
  if (longest !== undefined) return claimOf(range, longest.firstCell, longest.markers);
  throw new RoomlineError(
    'conflict',
    `UDP ports ${range.first}-${range.last} are in use, most likely by another Roomline on this machine: ` +
      'set ROOMLINE_RTP_PORTS to a range of its own for each',
    { code: 'rtp-ports-taken' },
  );
}

/** Where runs of `wanted` cells may start, side by side, the first of them by chance: a restart gets other ports. */
function runStarts(cellCount: number, wanted: number): number[] {
  const runs = Math.floor(cellCount / wanted);
  const offset = randomInt(runs);
  return Array.from({ length: runs }, (_, index) => ((index + offset) % runs) * wanted);
}

async function claimCells(firstCell: number, count: number): Promise<Socket[] | undefined> {
  const markers: Socket[] = [];
  for (let cell = firstCell; cell < firstCell + count; cell++) {
    const marker = await bindMarker(cell);
    if (marker === undefined) {
      release(markers);
      return undefined;
    }
    markers.push(marker);
  }
  return markers;
}

/** The most cells side by side that nobody has, if they are half of all at least. */
async function claimLongest(
  firstCell: number,
  count: number,
): Promise<{ firstCell: number; markers: Socket[] } | undefined> {
  let longest = { firstCell, markers: [] as Socket[] };
  let run = longest;
  for (let cell = firstCell; cell < firstCell + count; cell++) {
    const marker = await bindMarker(cell);
    if (marker === undefined) {
      if (run !== longest) release(run.markers);
      run = { firstCell: cell + 1, markers: [] };
      continue;
    }
    run.markers.push(marker);
    if (run !== longest && run.markers.length > longest.markers.length) {
      release(longest.markers);
      longest = run;
    }
  }
  if (run !== longest) release(run.markers);
  if (longest.markers.length * 2 >= count) return longest;
  release(longest.markers);
  return undefined;
}

async function bindMarker(cell: number): Promise<Socket | undefined> {
  const port = Math.max(cell * CELL_PORTS, FIRST_UNPRIVILEGED_PORT);
  const socket = createSocket({ type: 'udp4', reuseAddr: false });
  socket.unref();
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, MARKER_ADDRESS);
    await listening;
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}

function claimOf(range: PortRange, firstCell: number, markers: Socket[]): PortClaim {
  return {
    range: {
      first: Math.max(range.first, firstCell * CELL_PORTS),
      last: Math.min(range.last, (firstCell + markers.length) * CELL_PORTS - 1),
    },
    controlPorts: markers.map((marker) => marker.address().port + 1),
    release: () => release(markers),
  };
}

function release(markers: Socket[]): void {
  for (const marker of markers.splice(0)) marker.close();
}
