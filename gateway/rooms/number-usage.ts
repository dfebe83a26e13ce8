import type { NumberRange } from './allocation.js';
import type { RoomKind } from './room.js';

export interface NumberCounter {
  /** How many numbers of a range are in use or rest. */
  countTaken(range: NumberRange): Promise<number>;
}

/** A figure of its own for every kind: how much of its numbers is used up, before they are. */
export function numberGauges(
  counter: NumberCounter,
  ranges: Readonly<Record<RoomKind, NumberRange>>,
): { name: string; help: string; read(): number | Promise<number> }[] {
  return (Object.keys(ranges) as RoomKind[]).flatMap((kind) => {
    const range = ranges[kind];
    return [
      {
        name: `roomline_${kind}_numbers_taken`,
        help: `Room numbers of the range for ${kind} rooms that are in use or rest after it.`,
        read: () => counter.countTaken(range),
      },
      {
        name: `roomline_${kind}_numbers`,
        help: `Room numbers of the range for ${kind} rooms, taken or not.`,
        read: () => range.to - range.from + 1,
      },
    ];
  });
}
