import { saysQuantityWrong } from './codes.ts';
import type { Outcome, Refused } from './outcome.ts';

type Params = Readonly<Record<string, unknown>>;
type Perform = (params: unknown) => Promise<Outcome<unknown>>;

/**
 * OTO's parameter tables say that `qty` is a number, its examples send text, and no document says which it insists on. Numbers are
 * sent; where OTO refuses one, the call goes once more with text, which is safe: a refused call had no effect. The form that was
 * taken is kept.
 */
export function createQuantityForm(): (params: unknown, perform: Perform) => Promise<Outcome<unknown>> {
  let text = false;

  async function tryOther(params: Params, refused: Refused, sentText: boolean, perform: Perform) {
    const other = await perform(sentText ? params : asText(params));
    // Then it is not about the form.
    if (other.kind === 'refused' && saysQuantityWrong(other)) return refused;
    if (other.kind === 'ok') text = !sentText;
    return other;
  }

  return (params, perform) => {
    if (!holdsQuantity(params)) return perform(params);
    const first = text;
    return perform(first ? asText(params) : params).then((outcome) =>
      outcome.kind === 'refused' && outcome.status !== 0 && saysQuantityWrong(outcome)
        ? tryOther(params, outcome, first, perform)
        : outcome,
    );
  };
}

function holdsQuantity(params: unknown): params is Params {
  if (typeof params !== 'object' || params === null) return false;
  const { qty, items } = params as Params;
  return qty !== undefined || (Array.isArray(items) && items.some((item: Params) => item.qty !== undefined));
}

function asText(params: Params): Params {
  const { qty, items } = params;
  return {
    ...params,
    ...(qty === undefined ? {} : { qty: String(qty) }),
    ...(Array.isArray(items) ? { items: items.map((item: Params) => asText(item)) } : {}),
  };
}
