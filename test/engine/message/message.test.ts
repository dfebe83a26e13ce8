import assert from 'node:assert/strict';
import { Headers, wireName } from '../../../gateway/engine/message/headers.js';
import { NO_BODY, serialise } from '../../../gateway/engine/message/message.js';
import {
  formatNameAddr,
  parseNameAddr,
  parseNameAddrs,
  tagOf,
  withTag,
} from '../../../gateway/engine/message/name-addr.js';
import { parameter, splitList } from '../../../gateway/engine/message/parameters.js';
import { parseDatagram, parseFromApp } from '../../../gateway/engine/message/parse.js';
import { formatHost, parseSipUri, uriTransport } from '../../../gateway/engine/message/uri.js';
import { parseVia, stampVia } from '../../../gateway/engine/message/via.js';

describe('header fields', () => {
  it('are found by their long name whatever was written, and keep their order', () => {
    const headers = new Headers().append('v', 'one').append('VIA', 'two').append('s', '');
    assert.deepEqual(headers.all('via'), ['one', 'two']);
    assert.equal(headers.get('subject'), '');
    assert.deepEqual(
      [...headers].map(({ name }) => name),
      ['Via', 'VIA', 'Subject'],
    );
  });

  it('are replaced where they stood, and the others of that name go', () => {
    const headers = new Headers()
      .append('X-A', '1')
      .append('X-B', '2')
      .append('x-a', '3')
      .set('x-a', '4')
      .set('X-C', '5');
    assert.deepEqual(
      [...headers].map(({ name, value }) => `${name}=${value}`),
      ['X-A=4', 'X-B=2', 'X-C=5'],
    );
    headers.delete('x-b');
    assert.equal(headers.has('x-b'), false);
  });

  it('replaces only the topmost when told so', () => {
    const headers = new Headers().append('Via', '1').append('Via', '2');
    headers.replaceFirst('via', '9');
    assert.deepEqual(headers.all('via'), ['9', '2']);
  });

  it('of an app in lower case go out in the usual spelling', () => {
    const names = ['call-id', 'cseq', 'p-asserted-identity', 'www-authenticate', 'x-mine', 'X-Mine', 'min-se', 'k'];
    assert.deepEqual(names.map(wireName), [
      'Call-ID',
      'CSeq',
      'P-Asserted-Identity',
      'WWW-Authenticate',
      'x-mine',
      'X-Mine',
      'Min-SE',
      'Supported',
    ]);
  });
});

describe('SIP URIs (RFC 3261 19.1)', () => {
  const readable: [string, ReturnType<typeof parseSipUri>][] = [
    ['sip:a@b', { scheme: 'sip', user: 'a', host: 'b', port: undefined, parameters: [] }],
    ['SIPS:B.example:5061', { scheme: 'sips', user: undefined, host: 'b.example', port: 5061, parameters: [] }],
    ['sip:a:secret@[2001:DB8::1]:5070', { scheme: 'sip', user: 'a', host: '2001:db8::1', port: 5070, parameters: [] }],
    [
      'sip:a;p=1@b;transport=TCP;lr?subject=x',
      {
        scheme: 'sip',
        user: 'a;p=1',
        host: 'b',
        port: undefined,
        parameters: [
          { name: 'transport', value: 'TCP' },
          { name: 'lr', value: undefined },
        ],
      },
    ],
  ];
  for (const [text, uri] of readable) it(`reads ${text}`, () => assert.deepEqual(parseSipUri(text), uri));

  for (const text of [
    '',
    'sip:',
    'sip:@b',
    'sip:a@',
    'sip:a@b@c',
    'sip:a@b:0',
    'sip:a@b:65536',
    'sip:a@[::g]',
    'tel:+1',
    'sip:a b@c',
    'sip:a@b:x',
    'sip:a@-b',
    'http://b',
    'sip:a@b;;lr',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () => assert.equal(parseSipUri(text), undefined));
  }

  it('puts IPv6 addresses in brackets, and knows the transport', () => {
    assert.equal(formatHost('::1'), '[::1]');
    assert.equal(formatHost('127.0.0.1'), '127.0.0.1');
    const uri = parseSipUri('sip:a@b;Transport=WS');
    assert.equal(uri === undefined ? undefined : uriTransport(uri), 'ws');
  });
});

describe('addresses in headers', () => {
  it('are read with and without brackets', () => {
    const bare = parseNameAddr(' sip:a@b;tag=x ');
    assert.equal(bare?.uri, 'sip:a@b');
    assert.equal(bare === undefined ? undefined : tagOf(bare), 'x');
    const named = parseNameAddr('"A \\"B\\" <c>" <sip:a@b;lr?x=y>;TAG = x;q="1;2"');
    assert.equal(named?.displayName, '"A \\"B\\" <c>"');
    assert.equal(named?.uri, 'sip:a@b;lr?x=y');
    assert.equal(named === undefined ? undefined : tagOf(named), 'x');
    assert.equal(parameter(named?.parameters ?? [], 'q'), '"1;2"');
  });

  for (const text of [
    '',
    ';tag=x',
    '<sip:a@b',
    'a, <sip:a@b>',
    '"a <sip:a@b>',
    '<sip:a@b>;=x',
    '<sip:a@b> x',
    'a b',
    '<>',
    '"a" sip:a@b',
    'sip:a@b?x=y',
  ]) {
    it(`do not read ${JSON.stringify(text)}`, () => assert.equal(parseNameAddr(text), undefined));
  }

  it('are separated at commas outside of quotes and brackets', () => {
    assert.deepEqual(splitList('"a, \\", b" <sip:a,b@c>, <sip:d@e> ,x'), ['"a, \\", b" <sip:a,b@c>', '<sip:d@e>', 'x']);
    assert.equal(parseNameAddrs(['<sip:a@b>, <sip:c@d>', '<sip:e@f>'])?.length, 3);
    assert.equal(parseNameAddrs(['<sip:a@b>,']), undefined);
  });

  it('get a tag in place of the one they had', () => {
    const address = parseNameAddr('A <sip:a@b>;x=1;tag=old');
    assert.equal(address === undefined ? '' : formatNameAddr(withTag(address, 'new')), 'A <sip:a@b>;x=1;tag=new');
  });
});

describe('Via (RFC 3261 20.42)', () => {
  it('is read with blanks and IPv6, and told where the request came from (RFC 3581)', () => {
    const via = parseVia('SIP / 2.0 / UDP [2001:db8::1]:5070 ; branch = z9hG4bKx;rport;received=6.6.6.6');
    assert.equal(via?.host, '2001:db8::1');
    assert.equal(via?.port, 5070);
    assert.equal(via?.branch, 'z9hG4bKx');
    const stamped = via === undefined ? '' : stampVia(via, '192.0.2.1', 4711);
    assert.equal(stamped, 'SIP/2.0/UDP [2001:db8::1]:5070;branch=z9hG4bKx;rport=4711;received=192.0.2.1');
  });

  it('names no other address when that is the one it says', () => {
    const via = parseVia('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx');
    assert.equal(
      via === undefined ? '' : stampVia(via, '192.0.2.1', 5060),
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport=5060',
    );
  });
});

describe('whole messages', () => {
  const head = 'MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 3\r\nA: 1\r\n\r\n';

  it('end where Content-Length says, in bytes', () => {
    const parsed = parseDatagram(Buffer.from(`${head}üxyz`));
    assert.equal(parsed.kind === 'request' ? parsed.body.toString() : parsed, 'üx');
  });

  it('of an app end where the frame ends, since it counts characters', () => {
    const parsed = parseFromApp(Buffer.from(`${head}üxyz`));
    assert.equal(parsed.kind === 'request' ? parsed.body.toString() : parsed, 'üxyz');
  });

  it('are written with the one Content-Length that is true', () => {
    const headers = new Headers().append('Content-Length', '99').append('X-A', '1');
    const body = Buffer.from('ü');
    const text = serialise({ kind: 'request', method: 'INFO', uri: 'sip:a@b', headers, body }).toString();
    assert.equal(text, 'INFO sip:a@b SIP/2.0\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nü');
    const response = serialise({ kind: 'response', status: 200, reason: 'OK', headers: new Headers(), body: NO_BODY });
    assert.equal(response.toString(), 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n');
  });

  it('may have no reason phrase, or a long one in any language', () => {
    for (const reason of ['', '= 2**3 * 5**2 но сто девяносто девять']) {
      const parsed = parseDatagram(Buffer.from(`SIP/2.0 200 ${reason}\r\nA: 1\r\n\r\n`));
      assert.equal(parsed.kind === 'response' ? parsed.reason : parsed, reason);
    }
  });
});
