import type { RtpPhone } from './rtp-phone.js';

/**
 * Everything a phone has heard so far, without the time that the far end skipped: who was held up for longer than anybody
 * wants to hear goes on at another time, and says so by a marker. What got lost is silence all the same.
 */
export function withoutSkips(phone: RtpPhone): Int16Array {
  const recording = phone.heard();
  const heard = new Int16Array(recording.length);
  const first = phone.firstTimestamp ?? 0;
  let skipped = 0;
  let end = 0;
  for (const { payloadType, payloadBytes, timestamp, marker } of phone.packets) {
    const at = (timestamp - first) | 0;
    if (payloadType !== phone.payloadType || at < 0) continue;
    if (marker && at > end) skipped += at - end;
    heard.set(recording.subarray(at, at + payloadBytes), at - skipped);
    end = Math.max(end, at + payloadBytes);
  }
  return heard.subarray(0, end - skipped);
}
