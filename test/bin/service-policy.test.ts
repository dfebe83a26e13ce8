import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { forbidServiceStarts, restoreServicePolicy } from '../../bin/setup/service-policy.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the policy that keeps packages from starting services', () => {
  const folder = useTemporaryFolder();
  const policyFile = () => join(folder.path, 'policy-rc.d');

  it('forbids every action with exit code 101', () => {
    forbidServiceStarts(policyFile());
    assert.equal(spawnSync(policyFile(), ['rtpengine-daemon', 'start']).status, 101);
  });

  it('leaves nothing behind where there was no policy', () => {
    forbidServiceStarts(policyFile());
    restoreServicePolicy(policyFile());
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('puts a policy of the machine back as it was, its mode included', () => {
    folder.write('policy-rc.d', '#!/bin/sh\nexit 0\n');
    forbidServiceStarts(policyFile());
    assert.equal(spawnSync(policyFile()).status, 101);
    restoreServicePolicy(policyFile());
    assert.equal(readFileSync(policyFile(), 'utf8'), '#!/bin/sh\nexit 0\n');
    assert.equal(statSync(policyFile()).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(folder.path), ['policy-rc.d']);
  });

  it('puts a symbolic link back without writing through it', () => {
    const target = folder.write('target', '#!/bin/sh\nexit 104\n');
    symlinkSync(target, policyFile());
    forbidServiceStarts(policyFile());
    restoreServicePolicy(policyFile());
    assert.equal(lstatSync(policyFile()).isSymbolicLink(), true);
    assert.equal(readlinkSync(policyFile()), target);
    assert.equal(readFileSync(target, 'utf8'), '#!/bin/sh\nexit 104\n');
  });

  it('still knows the policy of the machine after a run that was killed half-way', () => {
    folder.write('policy-rc.d', '#!/bin/sh\nexit 0\n');
    forbidServiceStarts(policyFile());
    forbidServiceStarts(policyFile());
    restoreServicePolicy(policyFile());
    assert.equal(readFileSync(policyFile(), 'utf8'), '#!/bin/sh\nexit 0\n');
  });

  it('leaves alone a policy that is not its own', () => {
    folder.write('policy-rc.d', '#!/bin/sh\nexit 101\n');
    restoreServicePolicy(policyFile());
    assert.equal(existsSync(policyFile()), true);
  });
});
