export * from './command.ts';
export * from './document.ts';
export * from './movement.ts';
export * from './operation.ts';
export * from './packing.ts';
export * from './product.ts';
export * from './quantity.ts';
export * from './stock.ts';
