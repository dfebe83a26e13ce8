import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools } from '../../bin/setup/debian-packages.js';
import { Interrupted, SetupError } from '../../bin/setup/say.js';
import { GATEWAY_TOOLS, SPEECH_TOOLS, TEST_TOOLS } from '../../bin/setup/tools.js';
import { eventually } from '../support/eventually.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the installation of Debian packages', () => {
  const folder = useTemporaryFolder();
  const consoleLog = console.log;
  beforeEach(() => {
    console.log = () => {};
  });
  afterEach(() => {
    console.log = consoleLog;
  });

  const never = new AbortController().signal;
  const policyFile = () => join(folder.path, 'policy-rc.d');
  const machine = (isRoot = true) => ({
    path: folder.path,
    isRoot,
    servicePolicyFile: policyFile(),
    unitFolder: folder.path,
  });
  const aptCalls = () => {
    const log = join(folder.path, 'apt.log');
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    return text.split('\n').slice(0, -1);
  };

  /** An apt-get that notes how it was called, with the policy at that time, and then does as told. */
  function installFakeApt(behaviour = ''): void {
    folder.write(
      'apt-get',
      `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const step = process.argv.includes('--download-only') ? 'download' : process.argv[2];
const policy = existsSync('${policyFile()}') ? readFileSync('${policyFile()}', 'utf8') : '';
appendFileSync('${folder.path}/apt.log', step + (policy.includes('exit 101') ? ' without services' : '') + '\\n');
const programs = ['rtpengine', 'espeak-ng'];
const installPrograms = () => programs.forEach((program) => writeFileSync('${folder.path}/' + program, '#!/bin/sh\\n', { mode: 0o755 }));
${behaviour}
if (step === 'install') installPrograms();
`,
    );
  }

  it('asks nothing of apt or root when every program is there', async () => {
    for (const { program } of TEST_TOOLS) folder.write(program, '#!/bin/sh\n');
    await ensureTools(TEST_TOOLS, { signal: never, machine: machine(false) });
  });

  it('tells whoever is not root which command to run', async () => {
    installFakeApt();
    await assert.rejects(ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine(false) }), (error: Error) => {
      assert.ok(error instanceof SetupError);
      assert.match(error.message, /^rtpengine, espeak-ng not found, .*: run {2}sudo \S+ \S+\/bin\/install-tools\.js$/);
      return true;
    });
    assert.deepEqual(aptCalls(), []);
  });

  it('names the tools of the tests in that command when they are what is missing', async () => {
    installFakeApt();
    folder.write('rtpengine', '#!/bin/sh\n');
    folder.write('espeak-ng', '#!/bin/sh\n');
    const attempt = ensureTools(TEST_TOOLS, { signal: never, machine: machine(false) });
    await assert.rejects(attempt, /sipp, baresip, .* not found, .*install-tools\.js --tests$/);
  });

  it('goes on without what is not needed, and says what is missing then', async () => {
    const said: string[] = [];
    console.log = (line: string) => said.push(line);
    folder.write('rtpengine', '#!/bin/sh\n');
    await ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine(false) });
    assert.match(said.join('\n'), /espeak-ng not found.*\n.*until then names are not spoken in prompts/);
    installFakeApt(`process.exit(100);`);
    await ensureTools(SPEECH_TOOLS, { signal: never, machine: machine() });
    assert.match(said.join('\n'), /exit code 100/);
  });

  it('does not go on without what its tests need', async () => {
    for (const { program } of TEST_TOOLS) if (program !== 'espeak-ng') folder.write(program, '#!/bin/sh\n');
    await assert.rejects(
      ensureTools(TEST_TOOLS, { signal: never, machine: machine(false) }),
      /^Error: espeak-ng not found/,
    );
  });

  it('says so on a machine without apt', async () => {
    const attempt = ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
    await assert.rejects(attempt, /rtpengine, espeak-ng not found, and there is no apt-get/);
  });

  it('downloads, then installs while services may not start, and takes the policy back', async () => {
    installFakeApt();
    await ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
    assert.deepEqual(aptCalls(), ['download', 'install without services']);
    assert.equal(existsSync(policyFile()), false);
  });

  it('keeps a service of what it installed from starting with the machine', async () => {
    installFakeApt(`writeFileSync('${folder.path}/rtpengine-daemon.service', '');`);
    folder.write('systemctl', `#!/bin/sh\necho "systemctl $*" >> ${folder.path}/apt.log\n`);
    await ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
    assert.equal(aptCalls().at(-1), 'systemctl disable --quiet rtpengine-daemon.service');
  });

  it('needs no systemd', async () => {
    installFakeApt(`writeFileSync('${folder.path}/rtpengine-daemon.service', '');`);
    await ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
  });

  it('updates the lists of packages only when the download fails with those present', async () => {
    installFakeApt(`if (step === 'download' && !existsSync('${folder.path}/lists')) process.exit(100);
      if (step === 'update') writeFileSync('${folder.path}/lists', '');`);
    await ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
    assert.deepEqual(aptCalls(), ['download', 'update', 'download', 'install without services']);
  });

  it('shows what apt said and takes the policy back when the installation fails', async () => {
    installFakeApt(`if (step === 'install') { console.error('E: dpkg returned an error code'); process.exit(100); }`);
    const attempt = ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
    await assert.rejects(attempt, /exit code 100:\nE: dpkg returned an error code$/);
    assert.equal(existsSync(policyFile()), false);
  });

  it('ends a download when interrupted, and installs nothing', async () => {
    installFakeApt(`if (step === 'download') setInterval(() => {}, 1000);`);
    const interruption = new AbortController();
    const attempt = ensureTools(GATEWAY_TOOLS, { signal: interruption.signal, machine: machine() });
    const outcome = assert.rejects(attempt, Interrupted);
    await eventually('the download to begin', aptCalls, (calls) => calls.length === 1);
    interruption.abort();
    await outcome;
    assert.deepEqual(aptCalls(), ['download']);
  });

  it('lets dpkg finish when interrupted, and takes the policy back', async () => {
    installFakeApt(`if (step === 'install') {
        const wait = setInterval(() => {
          if (!existsSync('${folder.path}/go-on')) return;
          clearInterval(wait);
          appendFileSync('${folder.path}/apt.log', 'finished\\n');
        }, 5);
      }`);
    const interruption = new AbortController();
    const attempt = ensureTools(GATEWAY_TOOLS, { signal: interruption.signal, machine: machine() });
    const outcome = assert.rejects(attempt, Interrupted);
    await eventually('the installation to begin', aptCalls, (calls) => calls.length === 2);
    interruption.abort();
    folder.write('go-on', '');
    await outcome;
    assert.deepEqual(aptCalls(), ['download', 'install without services', 'finished']);
    assert.equal(existsSync(policyFile()), false);
  });

  it('fails when a program is still missing after its package was installed', async () => {
    installFakeApt('process.exit(0);');
    const attempt = ensureTools(GATEWAY_TOOLS, { signal: never, machine: machine() });
    await assert.rejects(attempt, /rtpengine, espeak-ng not found although its Debian package is installed/);
  });
});
