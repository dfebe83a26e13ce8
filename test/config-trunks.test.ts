import assert from 'node:assert/strict';
import { type Config, ConfigError, loadConfig } from '../gateway/config.js';
import { yamlFile } from './support/yaml-file.js';

function load(settings: object, environment: NodeJS.ProcessEnv = {}): Config {
  return loadConfig({ ROOMLINE_CONFIG: yamlFile(settings), ...environment });
}

function refusal(settings: object, environment: NodeJS.ProcessEnv = {}): string {
  try {
    load(settings, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  assert.fail('the configuration was taken');
}

const CITY = { host: 'sip.example.com' };

describe('the configuration of trunks', () => {
  it('has none, and calls nobody, when nothing is said', () => {
    const { trunks, outsideCalls } = loadConfig({});
    assert.deepEqual([trunks, outsideCalls.allow, outsideCalls.deny], [{}, [], []]);
  });

  it('needs a host, and has a default for the rest', () => {
    assert.match(refusal({ trunks: { city: {} } }), /^trunks\.city\.host: /);
    const { city } = load({ trunks: { city: CITY } }).trunks;
    assert.deepEqual(
      [city?.port, city?.transport, city?.register, city?.dial, city?.atOnce, city?.inboundFrom],
      [5060, 'udp', false, '{plus}', 10, []],
    );
  });

  it('keeps the order in which trunks are tried', () => {
    assert.deepEqual(Object.keys(load({ trunks: { west: CITY, city: CITY, east: CITY } }).trunks), [
      'west',
      'city',
      'east',
    ]);
  });

  it('takes passwords from the environment, which wins over the file', () => {
    const trunks = {
      'city-west': { ...CITY, username: 'u', password: 'file', inboundUsername: 'i' },
      east: { ...CITY, username: 'v', password: 'file' },
    };
    const config = load(
      { trunks },
      { ROOMLINE_TRUNK_CITY_WEST_PASSWORD: 'out', ROOMLINE_TRUNK_CITY_WEST_INBOUND_PASSWORD: 'in' },
    );
    assert.deepEqual(
      [config.trunks['city-west']?.password, config.trunks['city-west']?.inboundPassword, config.trunks.east?.password],
      ['out', 'in', 'file'],
    );
  });

  it('names a password of the environment that is no trunk’s, without saying it', () => {
    const said = refusal({ trunks: { city: CITY } }, { ROOMLINE_TRUNK_CTIY_PASSWORD: 'hush' });
    assert.match(said, /^ROOMLINE_TRUNK_CTIY_PASSWORD is the password of no trunk/);
    assert.doesNotMatch(said, /hush/);
  });

  const refusals: [string, Record<string, unknown>, RegExp][] = [
    [
      'a registration without an account',
      { register: true },
      /^trunks\.city registers: say its username .*ROOMLINE_TRUNK_CITY_PASSWORD/,
    ],
    ['a registration without a password', { register: true, username: 'u' }, /^trunks\.city registers/],
    ['a password of nobody', { password: 'hush' }, /^trunks\.city has a password and no username/],
    ['an authUsername without a password', { username: 'u', authUsername: 'a' }, /^trunks\.city has an authUsername/],
    [
      'a national form of no country',
      { dial: '0{national}' },
      /^trunks\.city\.dial has \{national\} and no countryCode/,
    ],
    ['an abroad of no country', { dialAbroad: '00{e164}' }, /^trunks\.city\.dialAbroad needs countryCode/],
    [
      'a national form abroad',
      { countryCode: '49', dialAbroad: '{national}' },
      /^trunks\.city\.dialAbroad has \{national\}/,
    ],
    ['an identity of no number', { assertIdentity: true }, /^trunks\.city has assertIdentity and no callerId/],
    [
      'an inbound user without a password',
      { inboundUsername: 'i' },
      /^trunks\.city needs both .*ROOMLINE_TRUNK_CITY_INBOUND_PASSWORD/,
    ],
    ['an inbound password of nobody', { inboundPassword: 'hush' }, /^trunks\.city needs both/],
    ['a form without a number', { dial: '00' }, /^trunks\.city\.dial: is not one of \{e164\}/],
    ['a form that would break a URI', { dial: '{e164}@elsewhere' }, /^trunks\.city\.dial: /],
    ['a caller that is no number', { callerId: '030123456' }, /^trunks\.city\.callerId: is not a number in E\.164/],
    [
      'a network that is none',
      { inboundFrom: ['192.0.2.0/33'] },
      /^trunks\.city\.inboundFrom\.0: is not an address or a network/,
    ],
    ['a name as an address', { inboundFrom: ['sip.example.com'] }, /^trunks\.city\.inboundFrom\.0/],
    ['a user name with a line break', { username: 'a\r\nb' }, /^trunks\.city\.username/],
    ['a host with a port', { host: 'sip.example.com:5060' }, /^trunks\.city\.host: is no host/],
    [
      'a proxy without a port',
      { outboundProxy: 'proxy.example.com' },
      /^trunks\.city\.outboundProxy: is not host:port/,
    ],
    ['port 0', { port: 0 }, /^trunks\.city\.port/],
    ['an unknown key', { pasword: 'hush' }, /^trunks\.city: .*pasword/],
    [
      'an access number among group numbers',
      { accessNumbers: ['+2500'] },
      /^trunks\.city\.accessNumbers has \+2500, which lies in rooms\.groupNumbers/,
    ],
  ];
  for (const [what, settings, message] of refusals) {
    it(`refuses ${what}, naming it and no secret`, () => {
      const said = refusal({ trunks: { city: { ...CITY, ...settings } } });
      assert.match(said, message);
      assert.doesNotMatch(said, /hush/);
    });
  }

  it('refuses two trunks whose calls could not be told apart', () => {
    const of = (city: object, west: object) =>
      refusal({ trunks: { city: { ...CITY, ...city }, west: { ...CITY, ...west } } });
    assert.match(
      of({ inboundFrom: ['192.0.2.7'] }, { inboundFrom: ['192.0.2.7'] }),
      /^trunks\.city and trunks\.west both have 192\.0\.2\.7 in inboundFrom/,
    );
    assert.match(
      of({ inboundFrom: ['192.0.2.0/24'] }, { inboundFrom: ['198.51.100.1', '192.0.2.7'] }),
      /both have addresses of 192\.0\.2\.0\/24 and 192\.0\.2\.7 in inboundFrom/,
    );
    const inbound = { inboundUsername: 'i', inboundPassword: 'hush' };
    assert.match(of(inbound, inbound), /^trunks\.city and trunks\.west have the same inboundUsername/);
  });

  it('refuses access numbers of the lobby that could be a room’s', () => {
    for (const [number, range] of [
      ['2000', 'groupNumbers'],
      ['100000', 'temporaryNumbers'],
      ['999999', 'exclusiveNumbers'],
    ]) {
      const said = refusal({ lobby: { accessNumbers: ['1000', number] } });
      assert.match(said, new RegExp(`^lobby\\.accessNumbers has ${number}, which lies in rooms\\.${range}`));
    }
    assert.deepEqual(load({ lobby: { accessNumbers: ['1000', '8000', '20000'] } }).lobby.accessNumbers.length, 3);
  });

  it('refuses rules that are no beginnings of numbers', () => {
    assert.match(
      refusal({ outsideCalls: { allow: ['49'] } }),
      /^outsideCalls\.allow\.0: is not \+ and the first digits/,
    );
    assert.match(refusal({ outsideCalls: { deny: ['+'] } }), /^outsideCalls\.deny\.0/);
    assert.match(refusal({ outsideCalls: { atOnce: 0 } }), /^outsideCalls\.atOnce/);
    assert.deepEqual(load({ outsideCalls: { allow: ['+'] } }).outsideCalls.allow, ['+']);
  });
});
