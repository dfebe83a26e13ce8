import { parse } from 'yaml';

/** The keys of a YAML file. */
export type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws Error whose one line says what is wrong: YAML's own goes on with the lines around the fault. */
export function parseYaml(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('\n', 1);
    throw new Error(reason.replace(/:$/, ''), { cause: error });
  }
}

/** One file's content over another's, key by key: the upper one need not repeat what it does not change. */
export function laidOver(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isTree(below) || !isTree(above)) return above;
  const merged: Tree = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = laidOver(below[key], value);
  return merged;
}
