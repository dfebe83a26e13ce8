import assert from 'node:assert/strict';
import { quietUntil } from '../../gateway/rooms/quiet-hours.js';

const NIGHT = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };

describe('quiet hours', () => {
  const CASES: readonly [string, typeof NIGHT, string, string | undefined][] = [
    ['begin at their minute', NIGHT, '2026-01-10T21:00:00Z', '2026-01-11T06:00:00Z'],
    ['have not begun a millisecond before', NIGHT, '2026-01-10T20:59:59.999Z', undefined],
    ['go on after midnight', NIGHT, '2026-01-10T23:30:15.250Z', '2026-01-11T06:00:00Z'],
    ['are over at their end', NIGHT, '2026-01-11T06:00:00Z', undefined],
    ['lie within a day, too', { ...NIGHT, from: '12:00', to: '13:30' }, '2026-01-10T11:15:00Z', '2026-01-10T12:30:00Z'],
    ['are an hour shorter in the night the clocks go forward', NIGHT, '2026-03-28T22:00:00Z', '2026-03-29T05:00:00Z'],
    ['are an hour longer in the night they go back', NIGHT, '2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z'],
    [
      'that end at a time that is skipped end when the clocks are changed',
      { ...NIGHT, to: '02:30' },
      '2026-03-28T23:00:00Z',
      '2026-03-29T01:00:00Z',
    ],
    [
      'that end at a time that comes twice end the first time',
      { ...NIGHT, to: '02:30' },
      '2026-10-24T22:00:00Z',
      '2026-10-25T00:30:00Z',
    ],
    [
      'are by the clock of a zone that is half an hour off',
      { ...NIGHT, timeZone: 'Asia/Kolkata' },
      '2026-01-10T17:00:00Z',
      '2026-01-11T01:30:00Z',
    ],
    [
      'end at the right time where clocks change by half an hour',
      { ...NIGHT, timeZone: 'Australia/Lord_Howe' },
      '2026-10-03T12:30:00Z',
      '2026-10-03T20:00:00Z',
    ],
    ['that begin when they end are none', { ...NIGHT, from: '07:00' }, '2026-01-11T06:00:00Z', undefined],
  ];
  for (const [what, hours, at, until] of CASES) {
    it(what, () => {
      assert.equal(quietUntil(hours, new Date(at))?.toISOString(), until && new Date(until).toISOString());
    });
  }

  it('are over at the time they say, whenever in the year one asks', () => {
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 47 * 60_000) {
      const until = quietUntil(NIGHT, new Date(at));
      if (until === undefined) continue;
      assert.equal(quietUntil(NIGHT, until), undefined);
      assert.notEqual(quietUntil(NIGHT, new Date(until.getTime() - 1)), undefined);
      assert.ok(until.getTime() - at <= 10 * 3600_000 && until.getTime() > at);
    }
  });
});
