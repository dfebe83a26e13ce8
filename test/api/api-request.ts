export interface RequestOptions {
  method?: string;
  token?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty where the body is no JSON. */
  readonly body: AnswerBody;
}

export type AnswerBody = { readonly [key: string]: unknown } & { readonly error?: ErrorBody };

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: { readonly [key: string]: unknown };
}

export function methodOf({ method, json, body }: RequestOptions): string {
  return method ?? (json === undefined && body === undefined ? 'GET' : 'POST');
}

export async function send(url: string, method: string, options: RequestOptions): Promise<Answer> {
  const { token, json, headers = {} } = options;
  const body = json === undefined ? options.body : JSON.stringify(json);
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    redirect: 'manual',
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function parse(text: string): AnswerBody {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return {};
  }
}
