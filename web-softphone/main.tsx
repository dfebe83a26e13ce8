import { signal } from '@preact/signals';
import { render } from 'preact';
import { createMemory } from './phone/memory.js';
import { Phone } from './phone/phone.js';
import { App } from './view/app.js';
import './view/style/index.css';
import { PhoneContext } from './view/use-phone.js';

const root = document.querySelector<HTMLElement>('#app');
if (root === null) throw new Error('the page lacks #app');

const audio = new Audio();
audio.id = 'room-audio';
audio.autoplay = true;
document.body.append(audio);

// A link such as /join/2000 leads straight into a room.
const room = /^\/join\/(\d{3,12})$/.exec(location.pathname)?.[1];
const leadsNowhere = room === undefined && location.pathname.startsWith('/join');
if (leadsNowhere) history.replaceState(null, '', '/');

const phone = new Phone({
  memory: createMemory(
    () => sessionStorage,
    () => localStorage,
  ),
  audio,
  room,
  problem: leadsNowhere ? { code: 'bad-link' } : undefined,
});
const state = signal(phone.state);
phone.onChange((next) => {
  state.value = next;
  // Once followed, a reload does not follow it again.
  if (room !== undefined && next.joining === undefined) history.replaceState(null, '', '/');
});

addEventListener('pagehide', () => phone.unload());
addEventListener('pageshow', ({ persisted }) => persisted && phone.resume());
addEventListener('online', () => phone.networkChanged());

render(
  <PhoneContext.Provider value={{ state, phone }}>
    <App />
  </PhoneContext.Provider>,
  root,
);
void phone.start();
