import assert from 'node:assert/strict';
import { join } from 'node:path';
import { batchesOf, splitArguments, sumOf, testFiles, totalsOf } from '../../bin/setup/run-tests.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the run of the tests', () => {
  const folder = useTemporaryFolder();

  it('runs unit tests before those with whole gateways', () => {
    for (const name of ['test/e2e/a.test.js', 'test/sip/b.test.js', 'test/sip/b.test.js.map', 'test/support/c.js']) {
      folder.write(name, '');
    }
    const expected = ['test/sip/b.test.js', 'test/e2e/a.test.js'].map((name) => join(folder.path, name));
    assert.deepEqual(testFiles([], folder.path), expected);
  });

  it('runs what a path names: a source or a folder of them', () => {
    folder.write('test/e2e/a.test.js', '');
    folder.write('test/sip/b.test.js', '');
    assert.deepEqual(testFiles(['test/sip/b.test.ts'], folder.path), [join(folder.path, 'test/sip/b.test.js')]);
    assert.deepEqual(testFiles(['test/e2e'], folder.path), [join(folder.path, 'test/e2e/a.test.js')]);
  });

  it('hands everything but paths to mocha', () => {
    const { paths, options } = splitArguments(['--grep', 'test', 'test/sip', '--bail']);
    assert.deepEqual(paths, ['test/sip']);
    assert.deepEqual(options, ['--grep', 'test', '--bail']);
  });

  it('counts a run that died before it told its result as a failure', () => {
    assert.deepEqual(totalsOf({}, 1), { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(totalsOf({}, null), { passed: 0, failed: 1, skipped: 0 });
  });

  it('counts a run that would not end as a failure', () => {
    const told = { passed: 5, failed: 0, skipped: 1, lingering: 'a socket is still open' };
    assert.deepEqual(totalsOf(told, 1), { passed: 5, failed: 1, skipped: 1 });
  });

  it('counts what the run told otherwise', () => {
    assert.deepEqual(totalsOf({ passed: 5, failed: 0, skipped: 1 }, 0), { passed: 5, failed: 0, skipped: 1 });
    assert.deepEqual(totalsOf({ passed: 5, failed: 2, skipped: 0 }, 2), { passed: 5, failed: 2, skipped: 0 });
  });
});

describe('the batches of tests', () => {
  it('hold every file once, those of a folder together and those with whole gateways alone', () => {
    const batches = [
      ['api/auth.test.js', 'api/login.test.js'],
      ['config.test.js', 'tls.test.js'],
      ['media/mixer/mixer.test.js', 'media/sdp.test.js'],
      ['e2e/kill.test.js'],
      ['e2e/sipp.test.js'],
    ].map((names) => names.map((name) => join('/out', 'test', name)));
    assert.deepEqual(batchesOf(batches.flat(), '/out'), batches);
  });

  it('are counted together', () => {
    const counts = [
      { passed: 3, failed: 0, skipped: 1 },
      { passed: 4, failed: 2, skipped: 0 },
    ];
    assert.deepEqual(sumOf(counts), { passed: 7, failed: 2, skipped: 1 });
  });
});
