/** A mixer worker thread: obeys commands one message at a time, and tells what its ports notice. */
import { parentPort, workerData } from 'node:worker_threads';
import { RoomlineError } from '../../errors.js';
import { Mixing } from './mixing.js';
import type { Command, FromWorker, Request, ResultOf, WorkerSettings } from './protocol.js';

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

const mixing = new Mixing(workerData as WorkerSettings, {
  talking: (leg, talking) => tell({ kind: 'talking', leg, talking }),
  digit: (leg, digit, durationMs) => tell({ kind: 'digit', leg, digit, durationMs }),
  played: (leg, playback) => tell({ kind: 'played', leg, playback }),
  idle: (leg, idle) => tell({ kind: 'idle', leg, idle }),
  trouble: (message) => tell({ kind: 'trouble', message }),
});

type Obey<Kind extends Command['kind']> = (
  command: Extract<Command, { kind: Kind }>,
) => ResultOf<Kind> extends undefined ? unknown : ResultOf<Kind> | Promise<ResultOf<Kind>>;

const OBEY: { readonly [Kind in Command['kind']]: Obey<Kind> } = {
  open: ({ room, leg }) => mixing.open(room, leg),
  enter: ({ leg, room }) => mixing.enter(leg, room),
  leave: ({ leg }) => mixing.leave(leg),
  resume: ({ leg, from }) => mixing.resume(leg, from),
  connect: ({ leg, anchor, format }) => mixing.connect(leg, anchor, format),
  'set-muted': ({ leg, muted }) => mixing.setMuted(leg, muted),
  'set-held': ({ leg, held }) => mixing.setHeld(leg, held),
  play: ({ leg, sound }) => mixing.play(leg, sound),
  'stop-playing': ({ leg, playback }) => mixing.stopPlaying(leg, playback),
  'play-in-room': ({ room, samples, except }) => mixing.playInRoom(room, samples, except),
  close: ({ leg }) => mixing.close(leg),
  stats: () => mixing.stats(),
  stop: () => mixing.stop(),
};

async function answer({ id, command }: Request): Promise<void> {
  try {
    tell({ kind: 'done', id, result: await OBEY[command.kind](command as never) });
  } catch (error) {
    const errorKind = error instanceof RoomlineError ? error.kind : 'internal';
    tell({ kind: 'failed', id, errorKind, message: error instanceof Error ? error.message : String(error) });
  }
  if (command.kind === 'stop') parentPort?.close();
}

parentPort?.on('message', (request: Request) => void answer(request));
tell({ kind: 'ready' });
