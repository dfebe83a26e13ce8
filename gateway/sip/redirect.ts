import type { ContactBinding, ContactBindingStore } from '../rooms/contact-binding.js';
import { parseUri, sameTarget } from './address.js';
import type { Identity } from './identity.js';
import type { OutsideContext, OutsideInvite, OutsideLine } from './outside-line.js';

/** What is called in place of what sent the call elsewhere. */
export type RedirectTarget = { readonly contact: ContactBinding } | { readonly line: OutsideInvite };

export type RedirectContext = OutsideContext & {
  readonly identity: Identity;
  /** Reads numbers as the trunk writes them that sends the call elsewhere. */
  readonly readNumber?: OutsideInvite['readNumber'];
};

/**
 * Says what may be called at one of the URIs of a 3xx: another phone that the same user has registered, or a telephone
 * that the rules for outside calls allow. Nothing else may be, or a phone could send us anywhere.
 */
export type Redirect = (contacts: readonly string[], context: RedirectContext) => Promise<RedirectTarget | undefined>;

/** A redirect names few; whoever names more wants to keep us busy. */
const MAX_LOOKED_AT = 3;

export function createRedirect(deps: {
  contacts: Pick<ContactBindingStore, 'findByUser'>;
  outsideLine: OutsideLine;
}): Redirect {
  async function findContact(uri: string, identity: Identity): Promise<ContactBinding | undefined> {
    if (!('user' in identity)) return undefined;
    const bindings = await deps.contacts.findByUser(identity.user.id, new Date());
    return bindings.find(({ contactUri }) => sameTarget(contactUri, uri));
  }

  return async (contacts, { identity, readNumber, ...context }) => {
    for (const uri of contacts.slice(0, MAX_LOOKED_AT)) {
      const contact = await findContact(uri, identity);
      if (contact !== undefined) return { contact };
      const tel = telephoneOf(uri, readNumber);
      if (tel === undefined) continue;
      const line = await deps.outsideLine.place(tel, context);
      if (!('refused' in line)) return { line };
    }
    return undefined;
  };
}

/** The number in `tel:+4930123456` or `sip:+4930123456@anywhere`, or in what a trunk writes for it. */
function telephoneOf(uri: string, readNumber: RedirectContext['readNumber']): string | undefined {
  const tel = /^tel:(\+[\d().-]{2,30})(;.*)?$/i.exec(uri)?.[1];
  const number = (tel ?? parseUri(uri)?.user.split(';', 1)[0] ?? '').replace(/[().-]/g, '');
  if (/^\+\d{2,15}$/.test(number)) return number;
  return /^\d{2,20}$/.test(number) ? readNumber?.(number) : undefined;
}
