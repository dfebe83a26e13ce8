import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { type BenchRow, benchApi } from './api-bench.js';
import { benchCalls, benchSound } from './call-bench.js';
import { benchMixer } from './mixer-bench.js';
import { benchRequests } from './request-bench.js';

interface Section {
  readonly name: string;
  readonly title: string;
  readonly run: () => Promise<BenchRow[]>;
}

const SECTIONS: readonly Section[] = [
  { name: 'calls', title: 'Calls through the whole gateway', run: benchCalls },
  { name: 'sound', title: 'Sound through the whole gateway', run: benchSound },
  { name: 'mixer', title: 'The mixer alone', run: benchMixer },
  { name: 'api', title: 'The API', run: benchApi },
  { name: 'requests', title: 'The six voice requests', run: benchRequests },
];
const FILE = join(PACKAGE_ROOT, 'docs', 'benchmarks.md');

/** Runs all benchmarks, or the named ones; all of them together are written to docs/benchmarks.md. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const unknown = argv.filter((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown.length > 0) {
    const names = SECTIONS.map(({ name }) => name).join(', ');
    throw new Error(`no benchmark ${unknown.join(', ')}: there are ${names}`);
  }
  for (const section of SECTIONS.filter(({ name }) => argv.length === 0 || argv.includes(name))) {
    const table = tableOf(await section.run());
    console.log(`\n${section.title}\n\n${table}`);
    replaceIn(FILE, section.name, table);
  }
  replaceIn(FILE, 'machine', machine());
  process.exit(0);
}

function tableOf(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ what, value, unit, expected = '' }) => {
    const missed = isMissed(value, expected) ? ' **missed**' : '';
    return `| ${what} | ${value} ${unit} | ${expected}${missed} |`;
  });
  return ['| what | measured | expected |', '|---|---|---|', ...lines].join('\n');
}

/** Whether a value misses `at most N`, `at least N` or plain `N`. */
export function isMissed(value: number, expected: string): boolean {
  const match = /^(at most |at least )?([\d.]+)/.exec(expected);
  if (match === null) return false;
  const bound = Number(match[2]);
  if (match[1] === 'at most ') return !(value <= bound);
  return match[1] === 'at least ' ? !(value >= bound) : value !== bound;
}

function machine(): string {
  const [first] = cpus();
  const load = loadavg()[1]?.toFixed(1);
  const { stdout, stderr } = spawnSync('rtpengine', ['--version'], { encoding: 'utf8' });
  const rtpengine = `${stdout}${stderr}`.trim();
  return [
    `- ${cpus().length} cores of ${first?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
    `- Node ${process.versions.node}; rtpengine ${rtpengine.replace(/^Version: */, '')}, in user space`,
    `- phones, gateway and rtpengine share these cores, on loopback; load average ${load} at the end`,
  ].join('\n');
}

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`; the words around it stay. */
function replaceIn(file: string, name: string, text: string): void {
  const content = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [content.indexOf(begin), content.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${file} has no ${begin} ... ${end}`);
  writeFileSync(file, `${content.slice(0, from + begin.length)}\n${text}\n${content.slice(to)}`);
}
