import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Route } from '../../gateway/api/route.js';
import { errorSchema } from '../../gateway/api/schemas.js';

export interface CheckedAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

/** Compares every answer with what the route declares: its status, and its body's form to the last key. */
export function createResponseCheck(routes: readonly Route[]) {
  const matchers = routes.map((route) => ({
    route,
    pattern: new RegExp(`^${route.path.replaceAll('.', '\\.').replace(/:[a-z]+/gi, '[^/]+')}$`),
  }));

  return (method: string, url: string, answer: CheckedAnswer): void => {
    const path = new URL(url).pathname;
    const { route } = matchers.find((one) => one.route.method === method.toLowerCase() && one.pattern.test(path)) ?? {};
    if (route === undefined) return;
    const where = `${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`;
    const response = route.responses[answer.status];
    if (response === undefined) {
      assert.ok(route.errors.includes(answer.status), `${where}: that status is not declared`);
      matches(errorSchema, answer.body, where);
    } else if (response.body === undefined) {
      assert.equal(answer.text, '', where);
    } else if (response.contentType === undefined) {
      matches(response.body, answer.body, where);
    }
  };
}

/** Keys the schema does not know are dropped by parsing: so what comes out must be what went in. */
function matches(schema: z.ZodType, body: unknown, where: string): void {
  const result = schema.safeParse(body);
  assert.ok(result.success, `${where}\n${result.success ? '' : z.prettifyError(result.error)}`);
  assert.deepEqual(result.data, body, where);
}
