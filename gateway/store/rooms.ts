import type { Room, RoomFinder, RoomKind, RoomNumber, Standing } from '../rooms/room.js';
import type { Database } from './database.js';
import { QUARANTINED } from './quarantine.js';

interface RoomRow {
  number: RoomNumber;
  kind: RoomKind;
  groupId: string | null;
  title: string | null;
  team: string | null;
  expiresAtMs: number | null;
  ownerId: string | null;
  ownerName: string | null;
  hasPin: number;
  pinVersion: number | null;
  announcesJoins: number | null;
  standing: Standing | null;
}

const ROOM = `
  select r.number as number, r.kind as kind, r.group_id as "groupId", g.title as title, t.team as team,
    t.expires_at_ms as "expiresAtMs", x.owner_id as "ownerId", o.display_name as "ownerName",
    case when r.pin_hash is null then 0 else 1 end as "hasPin", r.pin_version as "pinVersion",
    r.announces_joins as "announcesJoins",
    s.standing as standing
  from rooms r
  left join user_groups g on g.id = r.group_id
  left join temporary_rooms t on t.number = r.number
  left join exclusive_rooms x on x.number = r.number
  left join users o on o.id = x.owner_id
  left join room_standings s on s.number = r.number and s.user_id = ?
  where r.number = ? and r.kind <> '${QUARANTINED}'`;

const NOBODY = '';

export function createRoomFinder(database: Database): RoomFinder {
  return {
    async find(number) {
      const [row] = await database.select<RoomRow>(ROOM, [NOBODY, number]);
      return row === undefined ? undefined : toRoom(row);
    },

    async findFor(number, userId) {
      const [row] = await database.select<RoomRow>(ROOM, [userId, number]);
      if (row === undefined) return undefined;
      const { standing } = row;
      return { room: toRoom(row), ...(standing === null ? {} : { standing }) };
    },
  };
}

function toRoom(row: RoomRow): Room {
  return {
    number: row.number,
    kind: row.kind,
    title: row.title ?? row.team ?? row.ownerName ?? row.number,
    ...(row.groupId === null ? {} : { groupId: row.groupId }),
    ...(row.team === null ? {} : { team: row.team }),
    ...(row.ownerId === null ? {} : { ownerId: row.ownerId }),
    ...(row.expiresAtMs === null ? {} : { expiresAt: new Date(row.expiresAtMs) }),
    hasPin: row.hasPin === 1,
    ...(row.hasPin === 1 && row.pinVersion !== null ? { pinVersion: row.pinVersion } : {}),
    ...(row.announcesJoins === null ? {} : { announcesJoins: row.announcesJoins === 1 }),
  };
}
