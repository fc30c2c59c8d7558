import { DateTime } from 'luxon';
import { refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Handler } from './handler.ts';

export const register: Handler<'register'> = (params, { world }) => {
  const { vendors } = world.state.account.content;
  const { email, companyName } = params;
  const company = companyName ?? params.fullName ?? `${params.firstName} ${params.lastName ?? ''}`.trim();
  if (vendors.some((one) => one.email === email || one.company === company)) {
    return { refused: refusal('companyExists') };
  }
  const number = vendors.length + 1;
  const refreshToken = `simulated-vendor-${number}`;
  vendors.push({ email, company, refreshToken, since: world.now() });
  const activationLink = `https://activation.example.com/${number}`;
  return { body: { success: true, activationLink, refreshToken }, effect: { id: email } };
};

/** A year after. */
function validUntil(world: World, since: number): string {
  const zone = world.switches.values.orderTimezone;
  return DateTime.fromMillis(since, { zone }).plus({ years: 1 }).toFormat('dd-MM-yyyy');
}

function creditShown({ switches }: World, credit: { readonly oto: number; readonly shipping: number }) {
  return switches.values.clientCredit === 'one'
    ? { remainingCredit: credit.shipping }
    : { remainingOTOCredit: credit.oto, remainingShippingCredit: credit.shipping };
}

export const postClientInfo: Handler<'postClientInfo'> = ({ email }, { world }) => {
  const vendor = world.state.account.content.vendors.find((one) => one.email === email);
  if (vendor === undefined) return { refused: refusal('userMissing') };
  const credit = creditShown(world, { oto: 0, shipping: 0 });
  const validityDate = validUntil(world, vendor.since);
  const token = world.switches.values.clientCredit === 'one' ? { refreshToken: vendor.refreshToken } : {};
  return { body: { success: true, userActivated: 'false', ...credit, validityDate, ...token } };
};

export const getClientInfo: Handler<'getClientInfo'> = (_params, { world }) => ({
  body: {
    success: true,
    name: 'Simulated Company',
    email: 'company@example.com',
    phone: '+966500000000',
    validityDate: validUntil(world, world.now()),
    ...creditShown(world, world.state.account.content.credit),
  },
});
