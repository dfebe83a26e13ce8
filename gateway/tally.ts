/** Figures by the value of one label, such as refused calls by reason, for whoever shows them. */
export interface TallySource {
  /** As Prometheus wants it, such as `roomline_outside_calls_refused_total`. */
  readonly name: string;
  readonly help: string;
  /** A counter only ever grows. */
  readonly kind: 'counter' | 'gauge';
  /** What the values say, such as `reason`. They come from code or configuration, so that there are not many. */
  readonly label: string;
  read(): ReadonlyMap<string, number>;
}

/** Counts since the start. */
export class Tally implements TallySource {
  readonly kind = 'counter';
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly #counts = new Map<string, number>();

  /** Values told here are shown as 0 before they occur. */
  constructor(options: Pick<TallySource, 'name' | 'help' | 'label'> & { readonly values?: readonly string[] }) {
    this.name = options.name;
    this.help = options.help;
    this.label = options.label;
    for (const value of options.values ?? []) this.#counts.set(value, 0);
  }

  add(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  read(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
