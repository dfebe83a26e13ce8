import assert from 'node:assert/strict';
import { npmPackagesAreInstalled } from '../../bin/setup/npm-packages.js';
import { useTemporaryFolder } from './temporary-folder.js';

describe('the check of the npm packages', () => {
  const folder = useTemporaryFolder();
  const koa = { version: '3.3.0', integrity: 'sha512-koa' };
  const otherMachine = { version: '1.0.0', integrity: 'sha512-arm', optional: true };

  function lock(packages: object): void {
    folder.write('package-lock.json', JSON.stringify({ packages: { '': { name: 'roomline' }, ...packages } }));
  }
  function install(packages: object): void {
    folder.write('node_modules/.package-lock.json', JSON.stringify({ packages }));
  }

  it('is not content without node_modules', () => {
    lock({ 'node_modules/koa': koa });
    assert.equal(npmPackagesAreInstalled(folder.path), false);
  });

  it('is content when exactly the locked packages are installed', () => {
    lock({ 'node_modules/koa': koa });
    install({ 'node_modules/koa': koa });
    assert.equal(npmPackagesAreInstalled(folder.path), true);
  });

  it('does not miss an optional package for another machine', () => {
    lock({ 'node_modules/koa': koa, 'node_modules/binary-arm64': otherMachine });
    install({ 'node_modules/koa': koa });
    assert.equal(npmPackagesAreInstalled(folder.path), true);
  });

  it('notices a package added, changed or removed since', () => {
    install({ 'node_modules/koa': koa });
    lock({ 'node_modules/koa': koa, 'node_modules/ws': { version: '8.0.0' } });
    assert.equal(npmPackagesAreInstalled(folder.path), false);
    lock({ 'node_modules/koa': { ...koa, version: '3.4.0' } });
    assert.equal(npmPackagesAreInstalled(folder.path), false);
    lock({});
    assert.equal(npmPackagesAreInstalled(folder.path), false);
  });

  it('is not content with a list cut short', () => {
    lock({ 'node_modules/koa': koa });
    folder.write('node_modules/.package-lock.json', '{"packages": {');
    assert.equal(npmPackagesAreInstalled(folder.path), false);
  });
});
