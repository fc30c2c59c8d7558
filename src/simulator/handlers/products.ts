import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';

const skuExists = refusal('skuExists');
const exists = {
  errorCode14: { ...skuExists, form: 'old' },
  OTO1126: { ...skuExists, form: 'new' },
  OTO1009: { ...skuExists, code: 'OTO1009', form: 'new' },
  conflict: { ...skuExists, status: 409, form: 'both' },
} as const;

export const createProduct: Handler<'createProduct'> = (params, { world }) => {
  const { state, switches } = world;
  const { sku, productName, barcode, productImage, imageLink, ...fields } = params;
  if (switches.values.taxAmount === 'required' && params.taxAmount === undefined) {
    return { refused: refusal('taxAmount') };
  }
  const { brandId } = params;
  const branded = brandId === undefined || state.account.content.brands.some(({ id }) => id === Number(brandId));
  if (!branded) return { refused: refusal('brand') };
  const there = state.products.get(sku);
  if (there !== undefined) {
    if (switches.values.duplicateSku === 'update') return { body: { productId: there.productId, success: true } };
    return { refused: exists[switches.values.duplicateSku] };
  }
  const productId = state.next.product++;
  const addedAt = world.now();
  const image = productImage ?? imageLink;
  state.addProduct({ productId, sku, name: productName, barcode, productImage: image, fields, addedAt });
  return { body: { productId, success: true }, effect: { id: productId } };
};

export const productList: Handler<'productList'> = ({ pageSize = 100, currentPage = 1 }, { world, stale }) => {
  const until = world.now() - (stale?.ms ?? 0);
  const { productList } = world.state;
  const all = stale === undefined ? productList : productList.filter(({ addedAt = 0 }) => addedAt <= until);
  const { largestPage, pageTooLarge, pagePastEnd } = world.switches.values;
  const tooLarge = pageTooLarge !== 'answer' && pageSize > largestPage;
  if (tooLarge && pageTooLarge === 'refuse')
    return { refused: refusal('paging', `pageSize is at most ${largestPage}`) };
  const rows = tooLarge ? largestPage : pageSize;
  const pages = Math.max(1, Math.ceil(all.length / rows));
  if (currentPage > pages && pagePastEnd === 'refuse') return { refused: refusal('paging', 'there is no such page') };
  const page = pagePastEnd === 'last' ? Math.min(currentPage, pages) : currentPage;
  const products = all.slice((page - 1) * rows, page * rows).map(({ name, productImage, sku, barcode }) => ({
    name,
    productImage: productImage ?? '',
    sku,
    barcode: barcode ?? '',
  }));
  const productCount = world.switches.values.productCount === 'total' ? all.length : products.length;
  return { body: { success: true, productCount, products } };
};
