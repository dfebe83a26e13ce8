import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachDatabase } from '../support/databases.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { roomline } from './roomline.js';

forEachDatabase('the command line on the database', (database) => {
  const run = (line: string, stdin?: string) =>
    roomline(line.split(' '), { env: { DATABASE_URL: database.url }, ...(stdin === undefined ? {} : { stdin }) });

  // Every command is a process of its own.
  beforeEach(function () {
    this.currentTest?.timeout(120_000);
  });

  async function done(line: string, stdin?: string) {
    const result = await run(line, stdin);
    assert.equal(result.code, 0, `${line}: ${result.stderr}`);
    return result;
  }

  it('makes the first administrator, with a password shown once', async () => {
    const made = await done('user add root --admin --display-name Root --json');
    const { user, password } = made.json<{ user: { name: string; admin: boolean }; password: string }>();
    assert.deepEqual([user.name, user.admin, password.length], ['root', true, 20]);
    assert.equal((await done('user list')).stdout.includes(password), false);
    const store = await database.open();
    assert.equal((await store.users.findByName('root'))?.admin, true);
  });

  it('reads a password from standard input, refuses a short one, and never shows it', async () => {
    const made = await done('user add anna --password-stdin', 'correct horse battery\n');
    assert.equal(made.stdout.includes('correct horse'), false);
    assert.equal((await run('user passwd anna --password-stdin', 'short\n')).code, 1);
    assert.equal((await run('user add berta --password-stdin', '')).code, 1);
    const store = await database.open();
    assert.match((await store.users.findPasswordHash('anna')) ?? '', /^scrypt\$/);
    assert.equal(await store.users.findByName('berta'), undefined);
  });

  it('gives users a telephone and a language, and takes them away again', async () => {
    await done('user add anna --no-password --language zh');
    const set = await done('user set anna --telephone +4930123456 --display-name Anna');
    assert.equal(set.stdout, 'user anna has display name Anna, telephone +4930123456\n');
    const store = await database.open();
    const anna = async () => {
      const found = await store.users.findByName('anna');
      return [found?.displayName, found?.telephone, found?.language];
    };
    assert.deepEqual(await anna(), ['Anna', '+4930123456', 'zh']);
    assert.match((await done('user list')).stdout, /^anna +Anna +\+4930123456 +zh$/m);
    const taken = await done('user set anna --no-telephone --language en');
    assert.equal(taken.stdout, 'user anna has no telephone, language en\n');
    assert.deepEqual(await anna(), ['Anna', undefined, 'en']);
    await done('user set anna --no-language');
    for (const wrong of ['--telephone 030123456', '--telephone +112', '--language Chinese']) {
      const { code, stderr } = await run(`user set anna ${wrong}`);
      assert.equal(code, 1, wrong);
      assert.match(stderr, /is not (in E\.164|a language's tag)/);
    }
    for (const command of ['user set anna', 'user add berta --no-password']) {
      const { code, stderr } = await run(`${command} --language zz`);
      assert.equal(code, 1, command);
      assert.match(stderr, /no prompts in language "zz": choose of en, zh/);
    }
    assert.equal((await run('user set nobody --language en')).code, 1);
    assert.deepEqual(await anna(), ['Anna', undefined, undefined]);
  });

  it('manages groups, their members and numbers', async () => {
    for (const name of ['anna', 'bert']) await done(`user add ${name} --no-password`);
    await done('group add ops --title Operations');
    const bound = (await done('group bind ops --json')).json<{ group: { number: string } }>();
    assert.match(bound.group.number, /^\d{4}$/);
    await done('group bind ops 4321');
    await done('group member add ops anna --role moderator');
    await done('group member add ops bert');
    const shown = await done('group show 4321 --json');
    const { group, members } = shown.json<{ group: { name: string }; members: { user: string; role: string }[] }>();
    assert.equal(group.name, 'ops');
    assert.deepEqual(
      members.map(({ user, role }) => [user, role]),
      [
        ['anna', 'moderator'],
        ['bert', 'member'],
      ],
    );
    await done('group member remove ops bert');
    await done('group release ops');
    assert.equal((await run('group show 4321')).code, 1);
    await done('group remove ops');
    assert.deepEqual((await done('group list --json')).json(), { groups: [] });
  });

  it('makes, lists and revokes API keys, each shown once', async () => {
    const made = await done('key create billing --scope requests --scope admin --days 30 --json');
    const { key, apiKey } = made.json<{ key: string; apiKey: { id: string; scopes: string[] } }>();
    assert.match(key, /^rl_/);
    assert.deepEqual(apiKey.scopes, ['requests', 'admin']);
    assert.match((await done('key list')).stdout, /billing +requests,admin .*good until/);
    await done(`key revoke ${apiKey.id}`);
    const listed = await done('key list');
    assert.match(listed.stdout, /revoked/);
    assert.equal(listed.stdout.includes(key), false);
    assert.equal((await run(`key revoke ${apiKey.id}`)).code, 1);
  });

  it('gives a desk phone a secret of its own', async () => {
    await done('user add anna --no-password');
    const { secret, algorithm } = (await done('user sip-secret anna --json')).json<Record<string, string>>();
    assert.match(secret ?? '', /^[0-9a-f]{20}$/);
    assert.equal(algorithm, 'MD5');
    const store = await database.open();
    assert.equal((await store.sipAccounts.findByUserName('anna'))?.algorithm, 'MD5');
    await done('user sip-secret anna --sha-256');
    assert.equal((await store.sipAccounts.findByUserName('anna'))?.algorithm, 'SHA-256');
  });

  it('takes over a host application from a file, all of it or nothing', async () => {
    const file = join(temporaryFolder('import'), 'directory.json');
    const users = [
      { externalId: 'u1', name: 'anna', displayName: 'Anna' },
      { externalId: 'u2', name: 'bert', displayName: 'Bert' },
    ];
    const group = { externalId: 'g1', name: 'ops', title: 'Operations', members: ['u1', { user: 'u2' }] };
    writeFileSync(file, JSON.stringify({ users, groups: [group] }));
    const first = (await done(`import ${file} --json`)).json<{ members: { added: number } }>();
    assert.equal(first.members.added, 2);
    const again = JSON.stringify({ groups: [{ ...group, members: [{ user: 'u1', role: 'moderator' }] }] });
    const second = (await done('import - --json', again)).json<{ members: { removed: number; changed: number } }>();
    assert.deepEqual([second.members.removed, second.members.changed], [1, 1]);

    const bad = await run('import -', JSON.stringify({ users: [{ externalId: 'u3', name: 'cleo' }] }));
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /users\.0\.displayName/);
    const half = {
      users: [
        { externalId: 'u4', name: 'dora', displayName: 'Dora' },
        { externalId: 'u5', name: 'anna', displayName: 'A' },
      ],
    };
    assert.equal((await run('import -', JSON.stringify(half))).code, 1);
    const store = await database.open();
    assert.equal(await store.users.findByName('dora'), undefined);
  });

  it('says what is wrong, with exit code 1, where something is not possible', async () => {
    await done('user add anna --no-password');
    for (const [line, words] of [
      ['user add anna --no-password', /there is a user anna already/],
      ['user add 4711', /user name "4711"/],
      ['user remove nobody', /nobody/],
      ['group member add nothing anna', /nothing/],
      ['group bind nothing', /nothing/],
      ['user sip-secret nobody', /there is no user nobody/],
    ] as const) {
      const { code, stderr } = await run(line);
      assert.equal(code, 1, line);
      assert.match(stderr, /^roomline: /);
      assert.match(stderr, words);
      assert.equal(stderr.includes('    at '), false, `${line} shows a stack`);
    }
  });
});
