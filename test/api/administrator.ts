import type { Answer } from './api-request.js';
import type { ApiServer } from './api-server.js';

/** Asks the API as an administrator, unless another token is given. */
export interface Administrator {
  send(method: string, path: string, json?: unknown, token?: string): Promise<Answer>;
  get(path: string, token?: string): Promise<Answer>;
}

export async function administratorOf(api: ApiServer): Promise<Administrator> {
  const admin = await api.loginAdmin();
  const send: Administrator['send'] = (method, path, json, token = admin) =>
    api.request(path, { method, token, ...(json === undefined ? {} : { json }) });
  return { send, get: (path, token) => send('GET', path, undefined, token) };
}
