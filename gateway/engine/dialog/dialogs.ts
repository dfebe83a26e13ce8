import type { IncomingRequest } from '../message/incoming.js';
import { type Dialog, dialogIdOf } from './dialog.js';

/** All dialogs by their id. */
export class Dialogs {
  readonly #dialogs = new Map<string, Dialog>();

  get count(): number {
    return this.#dialogs.size;
  }

  get(id: string): Dialog | undefined {
    return this.#dialogs.get(id);
  }

  /** False when another dialog has that id. */
  add(dialog: Dialog): boolean {
    const present = this.#dialogs.get(dialog.id);
    if (present !== undefined) return present === dialog;
    this.#dialogs.set(dialog.id, dialog);
    return true;
  }

  remove(dialog: Dialog): void {
    if (this.#dialogs.get(dialog.id) === dialog) this.#dialogs.delete(dialog.id);
    dialog.finish();
  }

  /** The dialog a request of the peer belongs to (RFC 3261 section 12.2.2). */
  of({ callId, fromTag, toTag }: IncomingRequest): Dialog | undefined {
    if (toTag === undefined) return undefined;
    const answered = this.#dialogs.get(dialogIdOf(callId, fromTag));
    if (answered?.role === 'uas' && answered.localTag === toTag) return answered;
    const called = this.#dialogs.get(dialogIdOf(callId, toTag));
    if (called?.role === 'uac' && called.remoteTag === fromTag) return called;
    return undefined;
  }

  all(): Dialog[] {
    return [...this.#dialogs.values()];
  }
}
