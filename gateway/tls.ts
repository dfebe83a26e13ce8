import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { type Config, ConfigError } from './config.js';
import { makeFolder } from './make-folder.js';

/** PEM text of a certificate (chain) and its key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

const SELF_SIGNED_DAYS = 90;
const DAY_MS = 86_400_000;

/**
 * The certificate HTTPS and WSS are served with; undefined for plain HTTP.
 * @throws ConfigError when a configured file cannot be read or is not PEM.
 */
export async function loadTls(config: Config): Promise<TlsFiles | undefined> {
  const { cert, key, selfSigned } = config.tls;
  if (cert !== null && key !== null) return { cert: readCertificate(cert), key: readPem('key', key) };
  return selfSigned ? selfSignedCertificate(config) : undefined;
}

function readCertificate(file: string): string {
  const text = readPem('cert', file);
  try {
    new X509Certificate(text);
  } catch (error) {
    throw new ConfigError(`${file} is not a PEM certificate: ${(error as Error).message}`);
  }
  return text;
}

function readPem(what: 'cert' | 'key', file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`tls.${what}: cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Kept in the data folder, so that a browser that was told to trust it once goes on doing so. */
async function selfSignedCertificate(config: Config): Promise<TlsFiles> {
  const files = { cert: join(config.data, 'self-signed.crt'), key: join(config.data, 'self-signed.key') };
  if (existsSync(files.cert) && existsSync(files.key)) {
    const kept = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
    if (stillServes(kept.cert, config.advertise)) return kept;
  }
  const made = await makeCertificate(config.advertise);
  try {
    makeFolder(config.data);
    writeFileSync(files.key, made.key, { mode: 0o600 });
    writeFileSync(files.cert, made.cert);
  } catch (error) {
    throw new ConfigError(`cannot keep the certificate: ${(error as Error).message}; mend ROOMLINE_DATA`);
  }
  return made;
}

function stillServes(cert: string, host: string): boolean {
  const certificate = new X509Certificate(cert);
  const names = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return names !== undefined && Date.parse(certificate.validTo) > Date.now() + 7 * DAY_MS;
}

async function makeCertificate(host: string): Promise<TlsFiles> {
  const names = isIP(host) === 0 ? [{ type: 2 as const, value: host }] : [{ type: 7 as const, ip: host }];
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + SELF_SIGNED_DAYS * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
  return { cert: made.cert, key: made.private };
}
