/** A mixer worker thread: obeys commands one message at a time, and tells what its ports notice. */
import { parentPort, workerData } from 'node:worker_threads';
import { RoomlineError } from '../../errors.js';
import { Mixing } from './mixing.js';
import type { Command, FromWorker, Request, Results, WorkerSettings } from './protocol.js';

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

async function obey(command: Command): Promise<Results[Command['kind']]> {
  switch (command.kind) {
    case 'open':
      return mixing.open(command.room, command.leg);
    case 'connect':
      return mixing.connect(command.leg, command.anchor, command.format).then(() => undefined);
    case 'enter':
      mixing.enter(command.leg, command.room);
      return undefined;
    case 'leave':
      return mixing.leave(command.leg);
    case 'resume':
      mixing.resume(command.leg, command.from);
      return undefined;
    case 'set-muted':
      mixing.setMuted(command.leg, command.muted);
      return undefined;
    case 'set-held':
      mixing.setHeld(command.leg, command.held);
      return undefined;
    case 'play':
      mixing.play(command.leg, command.sound);
      return undefined;
    case 'stop-playing':
      mixing.stopPlaying(command.leg, command.playback);
      return undefined;
    case 'play-in-room':
      mixing.playInRoom(command.room, command.samples, command.except);
      return undefined;
    case 'close':
      return mixing.close(command.leg).then(() => undefined);
    case 'stats':
      return mixing.stats();
    case 'stop':
      return mixing.stop().then(() => undefined);
  }
}

async function answer({ id, command }: Request): Promise<void> {
  try {
    tell({ kind: 'done', id, result: await obey(command) });
  } catch (error) {
    const errorKind = error instanceof RoomlineError ? error.kind : 'internal';
    tell({ kind: 'failed', id, errorKind, message: error instanceof Error ? error.message : String(error) });
  }
  if (command.kind === 'stop') parentPort?.close();
}

parentPort?.on('message', (request: Request) => void answer(request));
tell({ kind: 'ready' });
