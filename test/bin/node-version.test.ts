import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeIsNewEnough, REQUIRED_NODE } from '../../bin/setup/node-version.js';
import { PACKAGE_ROOT } from '../../gateway/config.js';

describe('the check of the Node version', () => {
  const exitCode = process.exitCode;
  const consoleError = console.error;
  let said: string[] = [];
  beforeEach(() => {
    said = [];
    console.error = (line: string) => said.push(line);
  });
  afterEach(() => {
    console.error = consoleError;
    process.exitCode = exitCode;
  });

  it('asks for the version package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
    assert.equal(REQUIRED_NODE, `${engines.node.replace('>=', '')}.0`);
  });

  for (const version of ['12.22.9', '18.20.4', '20.9.0', '20.18.3']) {
    it(`refuses Node ${version} in one line`, () => {
      assert.equal(nodeIsNewEnough(version), false);
      assert.equal(process.exitCode, 1);
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', new RegExp(`Node ${version} is too old, ${REQUIRED_NODE} or newer`));
    });
  }

  for (const version of ['20.19.0', '20.20.2', '22.0.0', '100.1.0']) {
    it(`takes Node ${version}`, () => {
      assert.equal(nodeIsNewEnough(version), true);
      assert.deepEqual(said, []);
    });
  }
});
