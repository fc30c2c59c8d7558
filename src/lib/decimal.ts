import Big from 'big.js';

/** What to do with a quantity that is not whole: OTO takes whole numbers only. */
export type Fraction = 'reject' | 'floor';

/** `exact`: the product, where all that is wrong with it is its fraction. */
export type Whole =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly reason: string; readonly exact?: string };

const plainInteger = /^-?\d{1,15}$/;
const decimal = /^-?\d+(\.\d+)?$/;

/**
 * A decimal text of some unit as a whole number of base units: `toWhole('1.5', '12')` is 18. Exact: no float is involved.
 * `floor` rounds towards minus infinity, so in doubt the figure is the lower one.
 */
export function toWhole(quantity: string, factor = '1', fraction: Fraction = 'reject'): Whole {
  // The usual case by far, and 1,000,000 lines pass here: no Big is made for it.
  if (factor === '1' && plainInteger.test(quantity)) return { ok: true, value: Number(quantity) + 0 };
  if (!decimal.test(quantity)) return { ok: false, reason: `"${quantity}" is not a decimal number` };
  if (!decimal.test(factor)) return { ok: false, reason: `the unit factor "${factor}" is not a decimal number` };
  const product = new Big(quantity).times(factor);
  const below = product.round(0, Big.roundDown);
  const isWhole = below.eq(product);
  if (!isWhole && fraction === 'reject') {
    const how = factor === '1' ? '' : ` × ${factor} = ${product.toFixed()}`;
    return {
      ok: false,
      reason: `${quantity}${how} is not a whole quantity, and OTO takes whole quantities only`,
      exact: product.toFixed(),
    };
  }
  const whole = !isWhole && product.lt(0) ? below.minus(1) : below;
  if (whole.abs().gt(Number.MAX_SAFE_INTEGER)) {
    return { ok: false, reason: `${product.toFixed()} is larger than any quantity the bridge can carry exactly` };
  }
  return { ok: true, value: whole.toNumber() + 0 };
}
