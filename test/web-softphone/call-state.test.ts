import assert from 'node:assert/strict';
import { type CallState, LIMITED_STATES, NEXT_CALL_STATES } from '../../web-softphone/phone/call-state.js';
import { StateMachine } from '../../web-softphone/phone/state-machine.js';

const STATES = Object.keys(NEXT_CALL_STATES) as CallState[];

function machineIn(path: readonly CallState[], moves: string[] = []): StateMachine<CallState> {
  const machine = new StateMachine<CallState>('idle', NEXT_CALL_STATES, (to, from) => moves.push(`${from} > ${to}`));
  for (const state of path) assert.ok(machine.to(state), `${machine.state} > ${state}`);
  return machine;
}

describe('the states of a call', () => {
  it('lead from idle into the room and out of it', () => {
    const moves: string[] = [];
    machineIn(['requesting', 'connecting', 'ringing', 'in-room', 'reconnecting', 'in-room', 'ended'], moves);
    assert.deepEqual(moves, [
      'idle > requesting',
      'requesting > connecting',
      'connecting > ringing',
      'ringing > in-room',
      'in-room > reconnecting',
      'reconnecting > in-room',
      'in-room > ended',
    ]);
  });

  it('may each end, except the end itself', () => {
    for (const state of STATES) assert.equal(NEXT_CALL_STATES[state].includes('ended'), state !== 'ended', state);
  });

  it('can all be reached from idle', () => {
    const reached = new Set<CallState>(['idle']);
    for (const state of reached) for (const next of NEXT_CALL_STATES[state]) reached.add(next);
    assert.deepEqual([...reached].sort(), [...STATES].sort());
  });

  it('refuse a move that is not in the table, and stay', () => {
    const moves: string[] = [];
    const machine = machineIn(['requesting', 'ended'], moves);
    assert.equal(machine.to('in-room'), false);
    assert.equal(machine.to('ended'), false);
    assert.equal(machine.state, 'ended');
    assert.equal(moves.length, 2);
  });

  it('have a limit wherever the call waits for the network, and nowhere else', () => {
    assert.deepEqual([...LIMITED_STATES].sort(), ['connecting', 'reconnecting', 'ringing']);
  });

  it('fall back to connecting when the connection goes before there is an answer', () => {
    const machine = machineIn(['requesting', 'connecting', 'ringing', 'connecting', 'ringing', 'in-room']);
    assert.equal(machine.is('in-room', 'reconnecting'), true);
    assert.equal(machine.to('connecting'), false);
  });
});
