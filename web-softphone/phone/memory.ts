/** What the page remembers: the login for this tab, choices for this browser. */
export interface Memory {
  token: string | undefined;
  lastGroup: string | undefined;
  /** Rooms that are nobody's in particular, as `recent-rooms.ts` writes them. */
  recentRooms: string | undefined;
  guestName: string | undefined;
  /** By what rooms are entered that can be asked for: `desk-phone`, or the page. */
  device: string | undefined;
  /** The number of the room the user is in by their desk phone, as this tab shows it. */
  deskPhoneRoom: string | undefined;
  microphone: string | undefined;
  speaker: string | undefined;
}

/** What is used of the browser's Storage. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A browser may forbid storage: then nothing outlives the page, and nothing breaks. */
export function createMemory(tab: () => Store, browser: () => Store): Memory {
  const slot = (store: () => Store, key: string) => ({
    get(): string | undefined {
      try {
        return store().getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(value: string | undefined): void {
      try {
        if (value === undefined) store().removeItem(key);
        else store().setItem(key, value);
      } catch {
        // Forgotten with the page.
      }
    },
  });
  const memory = {} as Memory;
  Object.defineProperties(memory, {
    token: slot(tab, 'roomline.token'),
    lastGroup: slot(browser, 'roomline.last-group'),
    recentRooms: slot(browser, 'roomline.recent-rooms'),
    guestName: slot(browser, 'roomline.guest-name'),
    device: slot(browser, 'roomline.device'),
    deskPhoneRoom: slot(tab, 'roomline.desk-phone-room'),
    microphone: slot(browser, 'roomline.microphone'),
    speaker: slot(browser, 'roomline.speaker'),
  });
  return memory;
}
