/** Counts since the start by the value of one label, such as refused calls by reason, for whoever shows figures. */
export interface TallySource {
  /** As Prometheus wants it, such as `roomline_outside_calls_refused_total`. */
  readonly name: string;
  readonly help: string;
  /** What the values say, such as `reason`. */
  readonly label: string;
  read(): ReadonlyMap<string, number>;
}

/** Values come from code or configuration, never from callers: so there are not many. */
export class Tally implements TallySource {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly #counts = new Map<string, number>();

  /** Values told here are shown as 0 before they occur. */
  constructor({ name, help, label, values = [] }: Omit<TallySource, 'read'> & { values?: readonly string[] }) {
    this.name = name;
    this.help = help;
    this.label = label;
    for (const value of values) this.#counts.set(value, 0);
  }

  add(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  read(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
