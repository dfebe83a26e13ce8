import assert from 'node:assert/strict';
import { delimiter, join } from 'node:path';
import { installableTestTools } from '../../bin/setup/prepare-tests.js';
import { isUbuntu, missingTools, withSystemFolders } from '../../bin/setup/tools.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the tools of the tests', () => {
  const folder = useTemporaryFolder();
  const consoleLog = console.log;
  let said: string[] = [];
  beforeEach(() => {
    said = [];
    console.log = (line: string) => said.push(line);
  });
  afterEach(() => {
    console.log = consoleLog;
  });
  const programs = (environment: NodeJS.ProcessEnv, ubuntu: boolean) =>
    installableTestTools({ PATH: folder.path, ...environment }, ubuntu).map((tool) => tool.program);

  it('are found in any folder of PATH, when they can be run', () => {
    folder.write('a/sipp', '#!/bin/sh\n');
    folder.write('b/baresip', 'no program');
    const path = ['a', 'b'].map((name) => join(folder.path, name)).join(delimiter);
    const tools = ['sipp', 'baresip', 'aplay'].map((program) => ({ program, debianPackage: program }));
    const missing = missingTools(tools, path).map((tool) => tool.program);
    assert.deepEqual(missing, ['baresip', 'aplay']);
  });

  it('are looked for where daemons are, too', () => {
    assert.equal(withSystemFolders('/usr/bin:/usr/sbin'), '/usr/bin:/usr/sbin:/usr/local/sbin:/sbin');
    assert.equal(withSystemFolders(undefined), '/usr/local/sbin:/usr/sbin:/sbin');
  });

  it('know Ubuntu and its children from Debian', () => {
    assert.equal(isUbuntu('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n'), true);
    assert.equal(isUbuntu('ID=linuxmint\nID_LIKE="ubuntu debian"\n'), true);
    assert.equal(isUbuntu('ID=debian\nHOME_URL="https://www.debian.org/"\n'), false);
  });

  it('include a browser on Debian', () => {
    assert.ok(programs({}, false).includes('chromium'));
    assert.deepEqual(said, []);
  });

  it('leave the browser out on Ubuntu, and say so', () => {
    assert.ok(!programs({}, true).includes('chromium'));
    assert.match(said.join('\n'), /browser tests are skipped: Ubuntu has chromium only as a snap/);
  });

  it('include it on Ubuntu when it is there, and when CI must run every test', () => {
    assert.ok(programs({ CI: 'true' }, true).includes('chromium'));
    folder.write('chromium', '#!/bin/sh\n');
    assert.ok(programs({}, true).includes('chromium'));
    assert.deepEqual(said, []);
  });
});
