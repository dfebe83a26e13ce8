import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, fingerprintOf, isBuilt, removeOrphans } from '../../bin/setup/build.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the check of the build', () => {
  const folder = useTemporaryFolder();
  const fingerprint = () => fingerprintOf(folder.path, ['gateway', 'tsconfig.json', 'not-there']);
  beforeEach(() => {
    folder.write('gateway/main.ts', 'one');
    folder.write('gateway/sip/leg.ts', 'two');
    folder.write('tsconfig.json', '{}');
  });

  it('takes sources for unchanged whatever their times and whatever was built beside them', () => {
    const before = fingerprint();
    utimesSync(join(folder.path, 'gateway/main.ts'), 1, 1);
    folder.write('gateway/dist/main.js', 'built');
    assert.equal(fingerprint(), before);
  });

  it('notices a source changed, added, renamed or moved into another', () => {
    const seen = new Set([fingerprint()]);
    folder.write('gateway/main.ts', 'one!');
    seen.add(fingerprint());
    folder.write('gateway/other.ts', '');
    seen.add(fingerprint());
    folder.write('gateway/sip/leg.ts', 'tw');
    folder.write('gateway/other.ts', 'o');
    seen.add(fingerprint());
    assert.equal(seen.size, 4);
  });

  it('builds without a stamp, and with the stamp of other sources', () => {
    const stamp = join(folder.path, 'dist/.built-from');
    assert.equal(isBuilt(stamp, 'abc'), false);
    folder.write('dist/.built-from', 'abc');
    assert.equal(isBuilt(stamp, 'abc'), true);
    assert.equal(isBuilt(stamp, 'def'), false);
  });

  it('removes what was compiled from a source that is gone, and nothing else', () => {
    const output = join(folder.path, 'out');
    for (const name of ['gateway/main.js', 'gateway/main.js.map', 'test/gone.test.js', 'test/gone.test.js.map']) {
      folder.write(`out/${name}`, '');
    }
    folder.write('out/.tsbuildinfo', '');
    removeOrphans(output, folder.path);
    assert.deepEqual(filesUnder(output, '.').sort(), ['.tsbuildinfo', 'gateway/main.js', 'gateway/main.js.map']);
  });
});
