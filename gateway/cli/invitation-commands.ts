import { z } from 'zod';
import { INVITATION_STATES, type InvitationState } from '../rooms/invitations.js';
import { isRoomNumber } from '../rooms/room.js';
import { type Arguments, type Command, UsageError } from './command.js';
import { connectGateway, GATEWAY_OPTIONS, WHO_ASKS } from './gateway-client.js';
import { table } from './terminal.js';

const invitationSchema = z.looseObject({
  id: z.string(),
  to: z.string(),
  from: z.string(),
  state: z.enum(INVITATION_STATES),
  tries: z.int(),
  cause: z.string().optional(),
  nextTryAt: z.string().optional(),
  updatedAt: z.string(),
});
type Shown = z.output<typeof invitationSchema>;

const listSchema = z.looseObject({ invitations: z.array(invitationSchema) });
const cancelledSchema = z.looseObject({ cancelled: z.int() });
const doneSchema = z.looseObject({});

/** Where the state's own name is no word. */
const WORDS: Partial<Record<InvitationState, string>> = {
  answered: 'answered, not asked yet',
  confirming: 'answered, hears the prompt',
  snoozed: 'wants to be called later',
  'no-answer': 'no answer',
  unreachable: 'not reachable',
  voicemail: 'voicemail suspected',
};

const list: Command = {
  name: 'invitations',
  operands: ['ROOM'],
  summary: 'show who was invited into a room, and what became of it',
  details: `ROOM is the room's number.
${WHO_ASKS}`,
  options: GATEWAY_OPTIONS,
  async run(given, terminal) {
    const room = roomOf(given);
    const gateway = await connectGateway(given, terminal);
    const answer = await gateway.ask('GET', `/v1/rooms/${room}/invitations`, listSchema);
    const { invitations } = answer;
    const rows = invitations.map((one) => [one.to, outcomeOf(one), String(one.tries), one.from, one.updatedAt, one.id]);
    const heads = ['INVITED', 'OUTCOME', 'TRIES', 'BY', 'SINCE', 'ID'];
    terminal.show(answer, rows.length === 0 ? [`nobody was invited into room ${room}`] : table(heads, rows));
  },
};

const cancel: Command = {
  name: 'cancel',
  operands: ['ROOM', '[ID]'],
  summary: 'cancel one invitation into a room, or all that have not led into it',
  details: `ID is as "roomline invitations ROOM" shows it. Without it your own are cancelled, and those of others where you moderate;
also those that have ended, by which whoever declined or was busy may still dial in.
${WHO_ASKS}`,
  options: GATEWAY_OPTIONS,
  async run(given, terminal) {
    const room = roomOf(given);
    const [, id] = given.operands;
    const gateway = await connectGateway(given, terminal);
    const path = `/v1/rooms/${room}/invitations`;
    if (id === undefined) {
      const answer = await gateway.ask('DELETE', path, cancelledSchema);
      const { cancelled } = answer;
      terminal.show(answer, [`${cancelled} invitation${cancelled === 1 ? '' : 's'} into room ${room} cancelled`]);
      return;
    }
    await gateway.ask('DELETE', `${path}/${encodeURIComponent(id)}`, doneSchema);
    terminal.show({ cancelled: 1 }, [`invitation ${id} into room ${room} cancelled`]);
  },
};

export const invitationCommands: readonly Command[] = [list, cancel];

function roomOf({ operands: [room = ''] }: Arguments): string {
  if (isRoomNumber(room)) return room;
  throw new UsageError(`ROOM ${room} is not 3 to 12 digits`);
}

/** What became of it, for people: `busy (486), again at 2026-01-01T10:05:00.000Z`. */
function outcomeOf({ state, cause, nextTryAt }: Shown): string {
  const because = cause === undefined ? '' : ` (${cause})`;
  const again = nextTryAt === undefined ? '' : `, again at ${nextTryAt}`;
  return `${WORDS[state] ?? state}${because}${again}`;
}
