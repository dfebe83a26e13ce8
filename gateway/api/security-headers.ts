import type { Context, Next } from 'koa';

/** What is not shown as a page needs no policy for one: only never to be taken for one, and never to be kept. */
const FOR_DATA = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

const DOCS_PAGE = '/v1/docs';

/**
 * The page may run its own scripts, reach its own origin (and the SIP WebSocket, where that is elsewhere) and use
 * the microphone; no other page may frame it.
 */
export function securityHeaders(options: { wsUrl: string | null }) {
  const sipOrigin = options.wsUrl === null ? '' : ` ${new URL(options.wsUrl).origin}`;
  const headers = {
    'Content-Security-Policy': [
      `default-src 'self'`,
      `connect-src 'self'${sipOrigin}`,
      `img-src 'self' data:`,
      `media-src 'self' blob:`,
      `object-src 'none'`,
      `base-uri 'none'`,
      `form-action 'self'`,
      `frame-ancestors 'none'`,
    ].join('; '),
    'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
  };
  return async (ctx: Context, next: Next): Promise<void> => {
    if (ctx.path.startsWith('/v1/') && ctx.path !== DOCS_PAGE) ctx.set(FOR_DATA);
    else ctx.set(headers);
    await next();
  };
}
