// A program that owns an rtpengine, as the gateway does, for tests that end it the hard way.

import { RtpengineProcess } from '../../gateway/media/rtpengine-process.js';
import { silentLog } from '../support/silent-log.js';

// As a gateway that still says BYE, it does not end at once.
process.on('SIGINT', () => process.stdout.write('interrupted\n'));

const [first = 0, last = 0] = process.argv.slice(2).map(Number);
const rtpPorts = { first, last };
const daemon = await RtpengineProcess.start({ host: '127.0.0.1', advertise: '127.0.0.1', rtpPorts, log: silentLog });
process.stdout.write(`rtpengine ${daemon.processGroup} ${daemon.address.port}\n`);
setInterval(() => undefined, 60_000);
