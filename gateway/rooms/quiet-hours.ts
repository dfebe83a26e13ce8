/** When telephones do not ring, by the clock of a time zone; `from` later than `to` means over midnight. */
export interface QuietHours {
  /** HH:MM. */
  readonly from: string;
  readonly to: string;
  /** Such as `Europe/Berlin`. */
  readonly timeZone: string;
}

const DAY_MS = 24 * 3600_000;
const MINUTE_MS = 60_000;
/** Clocks are changed at a full quarter of an hour. */
const QUARTER_MS = 15 * MINUTE_MS;

/** When the quiet hours that go on at a time are over; undefined when there are none then. */
export function quietUntil(hours: QuietHours, at: Date): Date | undefined {
  const clock = wallClock(hours.timeZone);
  const from = minutesOf(hours.from) * MINUTE_MS;
  const to = minutesOf(hours.to) * MINUTE_MS;
  const isQuiet = (time: number) => wrap(time - from) < wrap(to - from);
  const now = clock(at.getTime());
  if (!isQuiet(now)) return undefined;
  const end = at.getTime() + wrap(to - now);
  if (clock(end) === to) return new Date(end);
  // The clocks are changed meanwhile, and the end may be skipped or come twice: the first time it is not quiet counts.
  let time = at.getTime();
  for (let wall = now; isQuiet(wall); wall = clock(time)) {
    time += Math.min(QUARTER_MS - (wall % QUARTER_MS), wrap(to - wall));
  }
  return new Date(time);
}

function minutesOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  return hours * 60 + minutes;
}

function wrap(ms: number): number {
  return ((ms % DAY_MS) + DAY_MS) % DAY_MS;
}

/** What clocks show there at a time, in ms since they showed midnight. */
function wallClock(timeZone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]));
    const minutes = (parts.get('hour') ?? 0) * 60 + (parts.get('minute') ?? 0);
    return minutes * MINUTE_MS + (parts.get('second') ?? 0) * 1000 + (timeMs % 1000);
  };
}
