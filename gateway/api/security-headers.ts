import type { Context, Next } from 'koa';

/** What is not shown as a page needs no policy for one: only never to be taken for one, and never to be kept. */
const FOR_DATA = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

const DOCS_PAGE = '/v1/docs';

/**
 * The page may run its own scripts, reach its own origin (and the SIP WebSocket, where that is elsewhere) and use
 * the microphone; no other page may frame it.
 */
export function securityHeaders(options: { webSocketUrls(): readonly string[] }) {
  const headers = {
    'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
  };
  return async (ctx: Context, next: Next): Promise<void> => {
    if (ctx.path.startsWith('/v1/') && ctx.path !== DOCS_PAGE) ctx.set(FOR_DATA);
    else ctx.set({ ...headers, 'Content-Security-Policy': contentPolicy(options.webSocketUrls()) });
    await next();
  };
}

function contentPolicy(webSocketUrls: readonly string[]): string {
  const origins = new Set(webSocketUrls.map((url) => new URL(url).origin));
  return [
    `default-src 'self'`,
    ['connect-src', `'self'`, ...origins].join(' '),
    `img-src 'self' data:`,
    `media-src 'self' blob:`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}
