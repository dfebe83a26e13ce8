import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { Header } from './header.js';
import { Lobby } from './lobby.js';
import { Login } from './login.js';
import { NewRoomDialog, type Place } from './new-room.js';
import { RingCards } from './ring-cards.js';
import { Room } from './room.js';
import { useAttention } from './use-attention.js';
import { usePhone } from './use-phone.js';

/** The place the dialog for a new room was opened for; it outlives the lobby, until the room is found. */
const newRoom = signal<Place | undefined>(undefined);

export function App(): JSX.Element {
  const { state } = usePhone();
  useAttention(state.value.rings);
  const { session, me, call } = state.value;
  const isGuest = session !== 'signed-in' && me === undefined;
  // A guest whose PIN is wrong has not come further than the door.
  if (isGuest && call?.room === undefined) return <Login />;
  return (
    <>
      <Header />
      {call === undefined ? (
        <Lobby
          onNew={(place) => {
            newRoom.value = place;
          }}
        />
      ) : (
        <Room key={call.visit} call={call} />
      )}
      {newRoom.value !== undefined && (
        <NewRoomDialog
          place={newRoom.value}
          onClose={() => {
            newRoom.value = undefined;
          }}
        />
      )}
      <RingCards />
    </>
  );
}
