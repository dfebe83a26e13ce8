/** A key for one voice request, however often it is sent. Not from `crypto.randomUUID`, which secure pages alone have. */
export function makeRequestKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
