export * from './bad.ts';
export { type DemoProduct, ean13 } from './catalogue.ts';
export * from './generate.ts';
export * from './source.ts';
