import type { JSX } from 'preact';
import { Header } from './header.js';
import { Lobby } from './lobby.js';
import { Login } from './login.js';
import { Room } from './room.js';
import { usePhone } from './use-phone.js';

export function App(): JSX.Element {
  const { state } = usePhone();
  const { session, me, call } = state.value;
  if (session !== 'signed-in' && me === undefined) return <Login />;
  return (
    <>
      <Header />
      {call === undefined ? <Lobby /> : <Room call={call} />}
    </>
  );
}
