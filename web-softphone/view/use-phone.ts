import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Phone } from '../phone/phone.js';
import type { PhoneState } from '../phone/phone-state.js';

/** What the page may ask of the phone. */
export type PhoneActions = Pick<
  Phone,
  | 'login'
  | 'logout'
  | 'enter'
  | 'request'
  | 'enterRecent'
  | 'enterAsGuest'
  | 'enterAgain'
  | 'enterByBrowser'
  | 'leave'
  | 'dismiss'
  | 'accept'
  | 'decline'
  | 'room'
  | 'people'
  | 'setMuted'
  | 'sendDigit'
  | 'enableSound'
  | 'soundLevel'
  | 'choices'
  | 'clearProblem'
>;

export interface PhonePort {
  readonly state: ReadonlySignal<PhoneState>;
  readonly phone: PhoneActions;
}

export const PhoneContext = createContext<PhonePort | undefined>(undefined);

export function usePhone(): PhonePort {
  const port = useContext(PhoneContext);
  if (port === undefined) throw new Error('no phone around this component');
  return port;
}
