import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { loadConfig } from '../../gateway/config.js';
import { forEachDatabase } from '../support/databases.js';
import { GatewayProcess } from '../support/gateway.js';

const REQUESTS = 1000;
const CONNECTIONS = 50;
const KILLED_AFTER = 300;
/** The first 600 requests are for a team each; the others are for 200 teams, two for each. */
const TEAMS = Array.from({ length: REQUESTS }, (_, index) =>
  index < 600 ? `alone-${index}` : `shared-${index % 200}`,
);
const TEAM_COUNT = new Set(TEAMS).size;

interface Answer {
  readonly team: string;
  readonly number: string;
}

/** Asks for the rooms of all teams over so many connections; those that got no answer are not among the answers. */
async function askForAll(gateway: GatewayProcess, onAnswer: (answers: number) => void = () => {}): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const token = await gateway.api.login('alice');
  const answers: Answer[] = [];
  const askForOne = async (team: string) => {
    const number = await ask(gateway.api.url, { agent, token, team });
    if (number === undefined) return;
    answers.push({ team, number });
    onAnswer(answers.length);
  };
  await Promise.all(TEAMS.map(askForOne));
  agent.destroy();
  return answers;
}

function ask(url: string, options: { agent: Agent; token: string; team: string }): Promise<string | undefined> {
  const { agent, token, team } = options;
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}/v1/voice-requests`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', () => resolve(undefined));
        response.on('end', () => {
          if (!response.complete) resolve(undefined);
          else if (response.statusCode === 201) resolve(JSON.parse(text).room.number);
          else reject(new Error(`${response.statusCode} ${text}`));
        });
      },
    );
    asked.on('error', () => resolve(undefined));
    asked.end(JSON.stringify({ kind: 'temporary-voice-communication', team }));
  });
}

/** The number of each team. Fails for a team with two numbers, and for a number of two teams. */
function numbersByTeam(answers: readonly Answer[]): Map<string, string> {
  const numbers = new Map<string, string>();
  for (const { team, number } of answers) {
    assert.equal(numbers.get(team) ?? number, number, `team ${team} has two numbers`);
    numbers.set(team, number);
  }
  assert.equal(new Set(numbers.values()).size, numbers.size, 'two teams have the same number');
  return numbers;
}

forEachDatabase('a gateway killed in the middle of a thousand requests', (database) => {
  let gateway: GatewayProcess | undefined;
  const range = loadConfig({}).rooms.temporaryNumbers;

  const start = async () => {
    gateway = await GatewayProcess.start({ DATABASE_URL: database.url });
    return gateway;
  };
  afterEach(() => gateway?.stop());

  it('has lost and doubled no number once it is started again', async function () {
    this.timeout(300_000);
    const first = await start();
    let killing: Promise<void> | undefined;
    const answered = await askForAll(first, (answers) => {
      if (answers === KILLED_AFTER) killing = first.kill();
    });
    await killing;
    assert.ok(answered.length >= KILLED_AFTER && answered.length < REQUESTS, `${answered.length} were answered`);
    const before = numbersByTeam(answered);

    const store = await database.open();
    const second = await start();
    const after = numbersByTeam(await askForAll(second));
    assert.equal(after.size, TEAM_COUNT);
    for (const [team, number] of before) assert.equal(after.get(team), number, `team ${team} has another number`);
    assert.equal(await store.roomKeeping.countTaken(range), TEAM_COUNT, 'numbers taken');
    for (const [team, number] of after) assert.equal((await store.rooms.find(number))?.team, team);
  });
});
