import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The result of a command run with `--json`. */
  json<T>(): T;
}

const SCRIPT = join(import.meta.dirname, '..', 'support', 'run-roomline.js');

/** Runs one command of the command line as a process of its own. */
export async function roomline(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; stdin?: string } = {},
): Promise<CommandResult> {
  const env = { PATH: process.env.PATH, ...options.env };
  const child = spawn(process.execPath, [SCRIPT, ...args], { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A command that reads nothing may be gone before it was written to.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, stderr, json: () => JSON.parse(stdout) };
}
