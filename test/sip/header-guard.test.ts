import assert from 'node:assert/strict';
import { findHeaderFault, quoteDisplayName, scrub } from '../../gateway/sip/header-guard.js';

const HEADERS = { from: '<sip:a@h>;tag=1', to: '<sip:b@h>', 'call-id': 'x', cseq: '1 INVITE' };

function fault(headers: Record<string, string>, uri = 'sip:2000@host'): string | undefined {
  return findHeaderFault({ method: 'INVITE', uri, headers: { ...HEADERS, ...headers } });
}

describe('the header guard', () => {
  it('lets an ordinary request pass, tabs, folded lines and UTF-8 included', () => {
    assert.equal(
      fault({ subject: 'voice\troom', via: 'SIP/2.0/UDP host\r\n ;branch=z9hG4bK1', 'user-agent': 'Fön 💬' }),
      undefined,
    );
  });

  it('refuses control characters in any value', () => {
    for (const char of ['\r', '\n', '\0', '\x01', '\x1b', '\x7f', '\x85', '\u2028', '\r\nX-Evil: 1']) {
      assert.notEqual(fault({ subject: `a${char}b` }), undefined, JSON.stringify(char));
    }
  });

  it('refuses control characters in a header name and in the request line', () => {
    assert.notEqual(fault({ 'x-a\nb': 'c' }), undefined);
    assert.notEqual(fault({}, 'sip:2000\n@host'), undefined);
  });

  it('refuses a request that lacks what every request has', () => {
    for (const name of ['from', 'to', 'call-id', 'cseq']) assert.equal(fault({ [name]: '' }), `Missing ${name}`);
  });

  it('refuses endless headers', () => {
    assert.equal(fault({ from: `<sip:${'a'.repeat(2000)}@h>` }), 'Header Too Long');
    assert.equal(fault({ subject: 'a'.repeat(9000) }), 'Header Too Long');
  });

  it('takes control characters out of what a refusal copies', () => {
    assert.equal(scrub('a\r\nX-Evil: 1'), 'a  X-Evil: 1');
    assert.equal(scrub('Fön'), 'Fön');
  });

  it('quotes display names so that none ends early', () => {
    assert.equal(quoteDisplayName('Alice "Al" \\ <sip:x@y>'), '"Alice \\"Al\\" \\\\ <sip:x@y>"');
    assert.equal(quoteDisplayName(''), '');
    assert.throws(() => quoteDisplayName('a\r\nb'), RangeError);
  });
});
