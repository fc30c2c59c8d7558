/**
 * The life of an operation. `landed`, `superseded` and `cancelled` are final. Who may cause which step:
 *
 *   ready ──► sending ──► landed | refused
 *     │  ▲       │  └───► ready     proven not taken (connection refused, 429, …)
 *     │  │       └──────► unknown   no trustworthy answer, or the lease lapsed
 *     ▼  │                   │
 *   waiting                  ├────► landed   read back
 *                            ├────► ready    proven not landed
 *                            └────► parked   cannot be proven: a person decides
 */
export const operationStates = [
  'ready',
  'waiting',
  'sending',
  'unknown',
  'parked',
  'landed',
  'refused',
  'superseded',
  'cancelled',
] as const;
export type OperationState = (typeof operationStates)[number];

/** Every step that there is; the database refuses all others too (`operation_step` in the migrations), and a test compares the two. */
export const transitions: { readonly [From in OperationState]: readonly OperationState[] } = {
  ready: ['sending', 'waiting', 'superseded', 'cancelled', 'refused', 'parked'],
  waiting: ['ready', 'superseded', 'cancelled'],
  sending: ['landed', 'refused', 'ready', 'unknown'],
  unknown: ['landed', 'ready', 'parked'],
  parked: ['landed', 'ready', 'cancelled', 'superseded'],
  refused: ['ready'],
  landed: [],
  superseded: [],
  cancelled: [],
};

export function mayBecome(from: OperationState, to: OperationState): boolean {
  return transitions[from].includes(to);
}

export const evidences = ['answer', 'read-back', 'natural-key', 'already-true', 'person'] as const;
export type Evidence = (typeof evidences)[number];

export const verdicts = ['landed', 'refused', 'superseded', 'cancelled'] as const;
export type Verdict = (typeof verdicts)[number];

/** What an operation does, and where. `erp-command` goes to an ERP, all others to OTO. */
export const operationKinds = [
  'stock-set',
  'product-create',
  'inventory-order',
  'packing-status',
  'erp-command',
] as const;
export type OperationKind = (typeof operationKinds)[number];

/** Who carries it out, as texts for people name it. */
export function receiverOf(kind: OperationKind): 'OTO' | 'the ERP' {
  return kind === 'erp-command' ? 'the ERP' : 'OTO';
}

/** Lanes, in order of urgency: what harms most when it is late goes first. */
export const lanes = ['packing', 'documents', 'to-zero', 'lowering', 'raising', 'products', 'erp'] as const;
export type Lane = (typeof lanes)[number];
