import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from './icon-button.js';
import { onDialogOpen, RingCards } from './ring-cards.js';
import { TEXTS } from './texts.js';

/** A modal dialog: the browser keeps the focus in it, closes it on Escape and gives the focus back. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before the effects of what is in it, which may want the focus elsewhere than the browser puts it.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    const closed = onDialogOpen();
    return () => {
      closed();
      element?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={titleId}>{props.title}</h2>
        <IconButton icon="remove" label={TEXTS.close} onClick={props.onClose} />
      </header>
      {props.children}
      <RingCards inDialog />
    </dialog>
  );
}
