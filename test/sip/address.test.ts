import assert from 'node:assert/strict';
import {
  isDigestTarget,
  parseNameAddr,
  parseUri,
  sameTarget,
  splitList,
  tagOf,
  userOf,
} from '../../gateway/sip/address.js';

describe('SIP addresses', () => {
  it('reads user, host, port and parameters of a URI', () => {
    const uri = parseUri('sip:alice:secret@Example.COM:5070;transport=ws;lr?subject=x');
    assert.equal(uri?.user, 'alice');
    assert.equal(uri.host, 'example.com');
    assert.equal(uri.port, 5070);
    assert.deepEqual(
      [...uri.params],
      [
        ['transport', 'ws'],
        ['lr', ''],
      ],
    );
    assert.equal(parseUri('sip:[2001:db8::1]:5060')?.host, '[2001:db8::1]');
  });

  it('refuses what is no SIP URI', () => {
    for (const text of [
      '',
      'alice',
      'tel:+4930',
      'sip:',
      'sip:a b@host',
      'sip:alice@host:99999',
      'sip:alice@host:0',
      'sip:a@b@c',
    ]) {
      assert.equal(parseUri(text), undefined, text);
    }
  });

  it('resolves escapes of a user but refuses those that hide a control character', () => {
    assert.equal(parseUri('sip:al%69ce@host')?.user, 'alice');
    assert.equal(parseUri('sip:alice%0d%0aX@host'), undefined);
    assert.equal(parseUri('sip:alice%zz@host'), undefined);
  });

  it('finds the user and tag behind quoted names that look like addresses', () => {
    const header = '"Eve <sip:eve@evil>, \\"x\\"" <sip:alice@host;user=phone>;tag=abc';
    assert.equal(userOf(header), 'alice');
    assert.equal(tagOf(header), 'abc');
    assert.equal(userOf('sip:alice@host;tag=abc'), 'alice');
    assert.equal(tagOf('sip:alice@host;tag=abc'), 'abc');
  });

  it('refuses a header that holds two addresses or garbage', () => {
    assert.equal(parseNameAddr('<sip:alice@host>, <sip:bob@host>'), undefined);
    assert.equal(parseNameAddr('<sip:alice@host> bob'), undefined);
    assert.equal(parseNameAddr('"unclosed <sip:alice@host>'), undefined);
    assert.equal(parseNameAddr('<sip:alice@host'), undefined);
    assert.equal(parseNameAddr('<>'), undefined);
  });

  it('splits lists at commas outside of quotes and brackets only', () => {
    assert.deepEqual(splitList('"a, b" <sip:a,b@host>;q=1, <sip:c@host> ,'), [
      '"a, b" <sip:a,b@host>;q=1',
      '<sip:c@host>',
    ]);
    assert.deepEqual(splitList(' '), []);
  });

  it('takes two URIs for the same target whatever their parameters and default port', () => {
    assert.equal(sameTarget('sip:2000@HOST', 'sip:2000@host:5060;transport=tcp'), true);
    assert.equal(sameTarget('sip:2000@host', 'sip:2001@host'), false);
    assert.equal(sameTarget('sip:2000@host', 'sips:2000@host'), false);
    assert.equal(sameTarget('sip:2000@host', 'sip:2000@host:5070'), false);
    assert.equal(sameTarget('nonsense', 'other nonsense'), false);
  });

  it('takes a digest made for the Request-URI or for its host, and for nothing else', () => {
    for (const uri of ['sip:2000@host:5070', 'sip:host:5070', 'sip:host']) {
      assert.equal(isDigestTarget(uri, 'sip:2000@host:5070'), true, uri);
    }
    for (const uri of ['sip:2001@host:5070', 'sip:other:5070', 'sip:host:5071', 'sips:host:5070', 'nonsense']) {
      assert.equal(isDigestTarget(uri, 'sip:2000@host:5070'), false, uri);
    }
    assert.equal(isDigestTarget('sip:host:5070', 'sip:host'), true);
  });
});
