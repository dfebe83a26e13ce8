import { loadConfig } from '../../../gateway/config.js';
import { type OutsideCallLimits, type OutsideCallRules, OutsideCalls } from '../../../gateway/rooms/outside-calls.js';
import { type Trunk, trunksOf } from '../../../gateway/sip/trunk/trunk.js';
import { yamlFile } from '../../support/yaml-file.js';

/** Trunks as a configuration file makes them. */
export function trunks(settings: Readonly<Record<string, object>>): Trunk[] {
  return trunksOf(loadConfig({ ROOMLINE_CONFIG: yamlFile({ trunks: settings }) }).trunks);
}

export function oneTrunk(settings: object): Trunk {
  const [trunk] = trunks({ city: { host: 'sip.example.com', ...settings } });
  if (trunk === undefined) throw new Error('no trunk');
  return trunk;
}

/** Lets every call out, unless told otherwise. */
export function outsideCalls(
  all: readonly Trunk[],
  { rules = { allow: ['+'], deny: [] }, ...limits }: Partial<OutsideCallLimits> & { rules?: OutsideCallRules } = {},
): OutsideCalls<Trunk> {
  return new OutsideCalls({
    rules,
    limits: { perUserPerHour: 100, perHour: 100, atOnce: 100, ...limits },
    trunks: all,
    store: {
      take: async () => 'taken',
      count: async () => ({ ofUser: { calls: 0 }, ofAll: { calls: 0 } }),
      purge: async () => undefined,
    },
    onError: (error) => {
      throw error;
    },
  });
}
