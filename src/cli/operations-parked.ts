import type { OrderEvidence } from '../engine/evidence.ts';
import { receiverOf } from '../model/index.ts';
import type { Operation, OperationEvent } from '../store/operations.ts';
import { table } from './output.ts';

/** What a person who has to decide about a parked operation gets to know, in words. */
export interface ToDecide {
  readonly question: string;
  /** Where to look, and what for. */
  readonly lookFor: readonly string[];
  /** What was found out, and what it is worth. */
  readonly evidence: readonly string[];
  readonly answers: readonly { readonly command: string; readonly when: string }[];
}

/** Undefined: nobody has to decide. */
export function toDecide(operation: Operation, events: readonly OperationEvent[]): ToDecide | undefined {
  if (operation.state !== 'parked') return undefined;
  const parked = events.findLast(({ to }) => to === 'parked');
  const lost = events.findLast(({ to }) => to === 'unknown');
  const said = parked?.why ?? operation.why ?? '';
  const found = [...(lost === undefined ? [] : [`The answer got lost: ${lost.why}.`]), `${sentence(said)}`];
  const told = { operation, detail: parked?.detail, found };
  switch (operation.kind) {
    case 'inventory-order':
      return order(told);
    case 'stock-set':
      return stock(told);
    case 'packing-status':
      return packing(told);
    case 'product-create':
      return {
        question: `Does OTO have the product ${operation.sku}?`,
        lookFor: [`in OTO's products: SKU ${operation.sku}`],
        evidence: found,
        answers: answers(operation, 'OTO has the product', 'it does not: OTO would refuse a second one with this SKU'),
      };
    case 'erp-command':
      return {
        question: 'Has the ERP written it?',
        lookFor: [`in the ERP: ${JSON.stringify(operation.request.command ?? operation.request)}`],
        evidence: found,
        answers: answers(operation, 'the ERP shows it', 'it does not'),
      };
  }
}

interface Told {
  readonly operation: Operation;
  readonly detail: unknown;
  readonly found: readonly string[];
}

function order({ operation, detail, found }: Told): ToDecide {
  const { request, location } = operation;
  const evidence = (detail ?? {}) as Partial<OrderEvidence>;
  const items = (request.items ?? []) as readonly { readonly qty?: unknown }[];
  const units = items.reduce((sum, { qty }) => sum + Number(qty ?? 0), 0);
  const list = request.action === 'outbound' ? 'outbound' : 'inbound';
  const lines = evidence.lines ?? [];
  const forecast = table(
    ['SKU', 'quantity', 'forecast before', 'after', 'moved by', 'by other orders', 'would move by'],
    lines.map((line) => [
      line.sku,
      line.quantity,
      line.forecastBefore,
      line.forecastAfter,
      line.moved ?? 'not known',
      line.byOthers ?? 0,
      line.expected,
    ]),
  );
  return {
    question: `Does OTO have this ${list} order? It must not be there twice.`,
    lookFor: [
      `in OTO's ${list} inventory orders of ${location}, ${items.length} lines, ${units} units, dated ${request.orderDate ?? 'nothing'}:`,
      `waybill number  ${request.waybillNumber ?? 'none'}`,
      `description     ${request.description ?? 'none'}`,
    ],
    evidence: [
      ...found,
      ...(lines.length === 0 ? [] : ["OTO's forecasted stock of its lines, when it was planned and after the call:"]),
      ...forecast.split('\n').filter((line) => line !== ''),
      ...(evidence.hint === undefined ? [] : [evidence.hint]),
    ],
    answers: answers(operation, 'the order is there', 'it is not there: it is sent once more'),
  };
}

function stock({ operation, detail, found }: Told): ToDecide {
  const { id, sku, location } = operation;
  const { before, wanted, shown } = (detail ?? {}) as Record<'before' | 'wanted' | 'shown', number | null | undefined>;
  const figure = (value: number | null | undefined) => value ?? 'nothing';
  return {
    question: `What is on hand of ${sku} at ${location}?`,
    lookFor: [`in OTO's stock: ${sku} at ${location}`],
    evidence: [
      ...found,
      ...(detail == null
        ? []
        : [`Before: ${figure(before)}. Wanted: ${figure(wanted)}. OTO showed afterwards: ${figure(shown)}.`]),
    ],
    answers: [
      {
        command: `oto-bridge sync stock --sku ${sku} --location ${location}`,
        when: 'in any case: makes a fresh figure of both sides, which takes its place',
      },
      { command: `oto-bridge operations resolve ${id} --landed`, when: 'it had landed, and was sold from since' },
      { command: `oto-bridge operations resolve ${id} --cancel`, when: 'leave the figure as it is' },
      {
        command: `oto-bridge operations resolve ${id} --resend`,
        when: 'it did not land; refused unless OTO still shows what it showed before',
      },
    ],
  };
}

function packing({ operation, detail, found }: Told): ToDecide {
  const { order_id: orderId, request } = operation;
  const { before, shown } = (detail ?? {}) as Record<'before' | 'shown', string | null | undefined>;
  return {
    question: `Is order ${orderId} ${String(request.packingStatus)} in OTO?`,
    lookFor: [`in OTO's orders: ${orderId}`],
    evidence: [
      ...found,
      ...(detail == null
        ? []
        : [`Before: ${before ?? 'no packing status'}. OTO showed afterwards: ${shown ?? 'none'}.`]),
      'Later steps of this order wait for the decision; other orders do not.',
    ],
    answers: answers(operation, `the order is ${String(request.packingStatus)}, or further`, 'it is not'),
  };
}

function answers({ id, kind }: Operation, there: string, missing: string): ToDecide['answers'] {
  const resolve = `oto-bridge operations resolve ${id}`;
  return [
    { command: `${resolve} --landed${kind === 'inventory-order' ? ' --oto-id NUMBER' : ''}`, when: there },
    { command: `${resolve} --resend`, when: missing },
    { command: `${resolve} --cancel`, when: `it is not in ${receiverOf(kind)}, and shall not be sent` },
  ];
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

export function toDecideText({ question, lookFor, evidence, answers: given }: ToDecide): string[] {
  const indent = (lines: readonly string[]) => lines.map((line) => `    ${line}`);
  const width = Math.max(...given.map(({ command }) => command.length));
  return [
    `  ${question}`,
    '  Look',
    ...indent(lookFor),
    '  What is known',
    ...indent(evidence),
    '  Then decide',
    ...indent(given.map(({ command, when }) => `${command.padEnd(width)}   ${when}`)),
  ];
}
