import { z } from 'zod';
import { VOICE_REQUEST_KINDS } from '../rooms/voice-requests.js';
import { type Arguments, type Command, UsageError } from './command.js';
import { connectGateway, GATEWAY_OPTIONS, WHO_ASKS } from './gateway-client.js';

const DEVICES = ['softphone', 'desk-phone'];

const answerSchema = z.looseObject({
  room: z.looseObject({ number: z.string(), kind: z.string(), uri: z.string(), expiresAt: z.string().optional() }),
  invitations: z.array(z.looseObject({ id: z.string(), to: z.string(), state: z.string() })),
});

export const requestCommand: Command = {
  name: 'request',
  operands: ['KIND'],
  summary: 'make a voice request of a running gateway, and print the number to dial',
  details: `KIND is one of
  ${VOICE_REQUEST_KINDS.join('\n  ')}
${WHO_ASKS}`,
  options: {
    group: { type: 'string', value: 'NAME', help: 'for voice-communication; needed by a user of several groups' },
    team: { type: 'string', value: 'ID', help: 'for temporary kinds: the same team gets the same room' },
    invite: {
      type: 'string',
      multiple: true,
      value: 'WHO',
      help: 'users or tel: numbers, with commas between, or all; may be given again',
    },
    device: {
      type: 'string',
      value: 'DEVICE',
      help: 'desk-phone rings your own desk phones and puts whichever you answer into the room',
    },
    ...GATEWAY_OPTIONS,
  },
  async run(given, terminal) {
    const body = bodyOf(given);
    const gateway = await connectGateway(given, terminal);
    const answer = await gateway.ask('POST', '/v1/voice-requests', answerSchema, body);
    const { room, invitations } = answer;
    terminal.show(answer, [
      `room ${room.number}, ${room.uri}${room.expiresAt === undefined ? '' : `, until ${room.expiresAt}`}`,
      ...(given.text('device') === 'desk-phone' ? ['your desk phone rings'] : []),
      ...invitations.map(({ to, state }) => `invited ${to}: ${state}`),
    ]);
  },
};

function bodyOf(given: Arguments): object {
  const [text = ''] = given.operands;
  const kind = VOICE_REQUEST_KINDS.find((candidate) => candidate === text);
  if (kind === undefined) throw new UsageError(`KIND ${text} is none of ${VOICE_REQUEST_KINDS.join(', ')}`);
  const group = given.text('group');
  const team = given.text('team');
  const device = given.text('device');
  if (device !== undefined && !DEVICES.includes(device)) {
    throw new UsageError(`--device ${device} is none of ${DEVICES.join(', ')}`);
  }
  const invited = given.texts('invite').flatMap(namesIn);
  const invite = invited.length === 1 && invited[0] === 'all' ? 'all' : invited;
  return {
    kind,
    ...(group === undefined ? {} : { group }),
    ...(team === undefined ? {} : { team }),
    ...(device === undefined ? {} : { device }),
    ...(invited.length === 0 ? {} : { invite }),
  };
}

/** Neither user names nor numbers have commas. */
function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
