import type { Answer } from './api-request.js';
import { type ApiServer, startApiServer } from './api-server.js';

/** An API, and what asks it as an administrator unless another token is given. */
export interface AdministeredWorld {
  /** The API of the test that runs. */
  readonly api: ApiServer;
  send(method: string, path: string, json?: unknown, token?: string): Promise<Answer>;
  get(path: string, token?: string): Promise<Answer>;
}

export function administeredWorldOfEachTest(): AdministeredWorld {
  let api: ApiServer;
  let admin: string;

  beforeEach(async function () {
    this.timeout(60_000);
    api = await startApiServer();
    admin = await api.loginAdmin();
  });
  afterEach(() => api.close());

  const send: AdministeredWorld['send'] = (method, path, json, token = admin) =>
    api.request(path, { method, token, ...(json === undefined ? {} : { json }) });
  return {
    get api() {
      return api;
    },
    send,
    get: (path, token) => send('GET', path, undefined, token),
  };
}
