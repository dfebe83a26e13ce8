import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Where a command reads and writes. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** The result: as JSON where that was asked for, else as lines for people. */
  show(result: unknown, lines: readonly string[]): void;
  /** Something whoever asked should know, that is no result. */
  warn(message: string): void;
  /** One line of standard input; a person at a terminal is asked for it, and it is not echoed. */
  readSecret(prompt: string): Promise<string>;
  /** All of standard input. */
  readAll(): Promise<string>;
}

/** What of a process a command sees. */
export interface Streams {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export function createTerminal({ env, stdin, stdout, stderr }: Streams, options: { json: boolean }): Terminal {
  return {
    environment: env,
    show(result, lines) {
      const text = options.json ? [JSON.stringify(result, null, 2)] : lines;
      for (const line of text) stdout.write(`${line}\n`);
    },
    warn: (message) => void stderr.write(`roomline: ${message}\n`),
    readSecret(prompt) {
      if (stdin.isTTY === true) stderr.write(`${prompt}: `);
      return readLine(stdin, stderr);
    },
    async readAll() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

function readLine(stdin: Streams['stdin'], stderr: Writable): Promise<string> {
  // With `terminal` readline turns the echo off and writes what is typed itself: to nowhere, as there is no output.
  const reader = createInterface({ input: stdin, terminal: stdin.isTTY === true });
  return new Promise((resolve, reject) => {
    reader.once('line', (line) => {
      if (stdin.isTTY === true) stderr.write('\n');
      resolve(line);
      reader.close();
    });
    reader.once('SIGINT', () => reject(new Error('interrupted')));
    reader.once('close', () => resolve(''));
  });
}

/** Lines with their columns under each other. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
      .join('  ')
      .trimEnd();
  return [line(heads), ...rows.map(line)];
}
