import type { App } from './app.js';

/** Which apps want new requests of which method, taken in turn. */
export class Apps {
  readonly #all = new Set<App>();
  readonly #routes = new Map<string, { apps: App[]; next: number }>();

  get count(): number {
    return this.#all.size;
  }

  add(app: App): void {
    this.#all.add(app);
  }

  remove(app: App): void {
    this.#all.delete(app);
    for (const verb of this.#routes.keys()) this.#forget(app, verb);
  }

  /** drachtio-srf repeats its routes; once is enough for a fair turn. */
  route(app: App, verb: string, wanted: boolean): void {
    if (!wanted) {
      this.#forget(app, verb);
      return;
    }
    const route = this.#routes.get(verb);
    if (route === undefined) this.#routes.set(verb, { apps: [app], next: 0 });
    else if (!route.apps.includes(app)) route.apps.push(app);
  }

  /** The app whose turn it is for a new request of this method. */
  pick(method: string): App | undefined {
    const route = this.#routes.get(method.toLowerCase());
    if (route === undefined) return undefined;
    const app = route.apps[route.next % route.apps.length];
    route.next = (route.next + 1) % route.apps.length;
    return app;
  }

  closeAll(): void {
    for (const app of [...this.#all]) app.close();
  }

  #forget(app: App, verb: string): void {
    const route = this.#routes.get(verb);
    if (route === undefined) return;
    route.apps = route.apps.filter((each) => each !== app);
    if (route.apps.length === 0) this.#routes.delete(verb);
  }
}
