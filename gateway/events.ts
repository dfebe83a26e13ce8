/** Maps an event's name to what it carries. */
export type EventMap = Record<string, unknown>;

type Listener<T> = (event: T) => void;
type AnyListener<Events extends EventMap> = <Name extends keyof Events>(name: Name, event: Events[Name]) => void;

/**
 * A typed, synchronous event emitter. A listener that throws does not keep the others from hearing:
 * what it threw goes to `onListenerError`.
 */
export class EventBus<Events extends EventMap> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #anyListeners = new Set<AnyListener<Events>>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void = rethrowLater) {
    this.#onListenerError = onListenerError;
  }

  /** Listens for one event; returns the function that stops listening. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Listens for every event; returns the function that stops listening. */
  onAny(listener: AnyListener<Events>): () => void {
    this.#anyListeners.add(listener);
    return () => void this.#anyListeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      this.#call(() => (listener as Listener<Events[Name]>)(event));
    }
    for (const listener of [...this.#anyListeners]) this.#call(() => listener(name, event));
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#onListenerError(error);
    }
  }
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
