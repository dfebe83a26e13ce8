import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../gateway/config.js';
import { loadTls } from '../gateway/tls.js';

describe('the certificate of HTTPS and WSS', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomline-tls-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is none unless asked for', async () => {
    assert.equal(await loadTls(loadConfig({ ROOMLINE_DATA: folder })), undefined);
  });

  it('is made for the advertised address, kept, and its key readable by us alone', async () => {
    const data = join(folder, 'not-there-yet');
    const config = loadConfig({ ROOMLINE_DATA: data, ROOMLINE_TLS: 'self-signed' });
    const made = await loadTls(config);
    assert.ok(made);
    assert.equal(new X509Certificate(made.cert).checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(statSync(join(data, 'self-signed.key')).mode & 0o777, 0o600);
    assert.deepEqual(await loadTls(config), made);
  });

  it('is made in a folder that nobody else may read, or refused with what cannot be written', async () => {
    const data = join(folder, 'new');
    await loadTls(loadConfig({ ROOMLINE_DATA: data, ROOMLINE_TLS: 'self-signed' }));
    assert.equal(statSync(data).mode & 0o777, 0o700);
    writeFileSync(join(folder, 'text'), '');
    const config = loadConfig({ ROOMLINE_DATA: join(folder, 'text'), ROOMLINE_TLS: 'self-signed' });
    await assert.rejects(loadTls(config), (error) => error instanceof ConfigError && /text/.test(error.message));
  });

  it('is made anew when the address changes', async () => {
    const made = await loadTls(loadConfig({ ROOMLINE_DATA: folder, ROOMLINE_TLS: 'self-signed' }));
    const moved = { ROOMLINE_DATA: folder, ROOMLINE_TLS: 'self-signed', ROOMLINE_ADVERTISE: 'rooms.example.com' };
    const again = await loadTls(loadConfig(moved));
    assert.notEqual(again?.cert, made?.cert);
    assert.equal(new X509Certificate(again?.cert ?? '').checkHost('rooms.example.com'), 'rooms.example.com');
  });

  it('is refused with the file named when it is missing or no PEM', async () => {
    const path = join(folder, 'broken.pem');
    const config = loadConfig({ ROOMLINE_TLS_CERT: path, ROOMLINE_TLS_KEY: path });
    await assert.rejects(loadTls(config), (error) => error instanceof ConfigError && error.message.includes(path));
    writeFileSync(path, 'not a certificate');
    await assert.rejects(loadTls(config), (error) => error instanceof ConfigError && error.message.includes(path));
  });
});
