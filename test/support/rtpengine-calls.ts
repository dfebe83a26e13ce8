import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { within } from './eventually.js';
import { treeOf } from './process-tree.js';
import { randomToken } from './sip-message.js';

export interface RtpengineProcess {
  readonly pid: number;
  readonly ngAddress: { host: string; port: number };
}

/** The rtpengine a gateway started. @throws Error when there is not exactly one below that process. */
export function rtpengineOf(gatewayPid: number): RtpengineProcess {
  const found = treeOf(gatewayPid).filter(({ name }) => name === 'rtpengine');
  const pid = found[0]?.pid;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} rtpengines below process ${gatewayPid}`);
  const argument = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    .split('\0')
    .map((text) => /^--listen-ng=(.+):(\d+)$/.exec(text))
    .find((match) => match !== null);
  if (argument === null || argument === undefined) throw new Error(`rtpengine ${pid} does not say its ng port`);
  return { pid, ngAddress: { host: argument[1] ?? '', port: Number(argument[2]) } };
}

/** How many calls an rtpengine has, asked by its own protocol. */
export async function rtpengineCalls({ ngAddress }: RtpengineProcess): Promise<number> {
  const socket = createSocket('udp4');
  try {
    const cookie = randomToken();
    const reply = once(socket, 'message');
    socket.send(`${cookie} d7:command4:list5:limiti1000ee`, ngAddress.port, ngAddress.host);
    const [bytes] = (await within('rtpengine to list its calls', reply)) as [Buffer];
    // `d5:callsl` 9:call-id-1 9:call-id-2 ... `e6:result2:oke`
    const list = /5:callsl(.*)e6:result2:ok/s.exec(bytes.toString('latin1'))?.[1];
    if (list === undefined) throw new Error(`rtpengine answered ${bytes}`);
    return countStrings(list);
  } finally {
    socket.close();
  }
}

function countStrings(bencoded: string): number {
  let count = 0;
  for (let at = 0; at < bencoded.length; count++) {
    const colon = bencoded.indexOf(':', at);
    at = colon + 1 + Number(bencoded.slice(at, colon));
  }
  return count;
}
