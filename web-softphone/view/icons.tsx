import type { JSX } from 'preact';

const PATHS = {
  microphone: 'M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
  'microphone-off':
    'M4 4l16 16M9 9v3a3 3 0 0 0 4.6 2.5M15 10.5V6a3 3 0 0 0-5.7-1.3M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5a6.4 6.4 0 0 1-.6 2.8M12 18v3',
  keypad: 'M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01M12 22h.01',
  leave:
    'M2.5 13.500C4 9.5 8 7.8 12 7.800s8 1.7 9.5 5.700c.3.9-.1 2-.9 2.500l-1 .6c-.7.4-1.6.3-2.2-.2l-1.9-1.600c-.5-.4-.8-1.1-.7-1.700l.2-1.200a11 11 0 0 0-6 0l.2 1.200c.1.6-.2 1.3-.7 1.700l-1.9 1.600c-.6.5-1.5.6-2.2.2l-1-.6c-.8-.5-1.2-1.6-.9-2.500Z',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.800v4.400M9 14.800v4.4',
  logout: 'M9 20H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2h3M15 16l4-4-4-4M19 12H9.5',
  copy: 'M9 9h9.500v10.500H9zM15 9V5.500A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.500v8A1.5 1.5 0 0 0 5.5 15H9',
  check: 'M5 12.500l4.5 4.500L19 7.5',
  remove: 'M6 6l12 12M18 6L6 18',
  enter: 'M5 12h13M13 6.500l5.5 5.5-5.5 5.5',
  softphone: 'M4 5h16v10.500H4zM9 20h6M12 15.500V20',
  'desk-phone':
    'M7.5 4.500l2 .1 1.3 3.8-1.9 1.700a11 11 0 0 0 5 5l1.7-1.9 3.8 1.3.1 2c0 1.1-.9 2-2 2A13 13 0 0 1 5.5 6.500c0-1.1.9-2 2-2Z',
  'outside-line':
    'M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.7 12h16.600M12 3.500c2.3 2.3 3.4 5.2 3.4 8.500s-1.1 6.2-3.4 8.500c-2.3-2.3-3.4-5.2-3.4-8.500s1.1-6.2 3.4-8.500Z',
  sound: 'M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.500a7.8 7.8 0 0 1 0 11',
  alert: 'M12 8v5M12 16.500h.01M12 3.5 2.8 19.500h18.400Z',
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside words: hidden from assistive technology, which reads the words. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M9 13v6M13.7 9v14M18.3 12v8M23 14.500v3" />
    </svg>
  );
}
