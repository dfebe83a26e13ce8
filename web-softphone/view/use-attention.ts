import { useEffect } from 'preact/hooks';
import type { Ring } from '../phone/rings.js';
import { roomTitle } from './room-title.js';
import { TEXTS } from './texts.js';

/** Says in the page's title, and in a notification while the page is hidden, that somebody rings. */
export function useAttention(rings: readonly Ring[]): void {
  const ring = rings[0];
  const { id, from } = ring ?? {};
  useEffect(() => {
    document.title = from === undefined ? TEXTS.product : TEXTS.titleOfRing(from);
  }, [from]);
  useEffect(() => {
    if (ring === undefined || !document.hidden) return;
    const notification = notify(ring);
    return () => notification?.close();
  }, [id]);
}

function notify({ id, from, number, room }: Ring): Notification | undefined {
  if (!('Notification' in window) || Notification.permission !== 'granted') return undefined;
  try {
    const body = room === undefined ? number : `${roomTitle(room)} · ${number}`;
    const notification = new Notification(TEXTS.ringFrom(from), { body, tag: id, icon: '/favicon.svg' });
    notification.onclick = () => window.focus();
    return notification;
  } catch {
    // Some browsers of phones notify from service workers alone.
    return undefined;
  }
}
