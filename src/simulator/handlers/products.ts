import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';

export const createProduct: Handler<'createProduct'> = (params, { world }) => {
  const { state, switches } = world;
  const { sku, productName, barcode, productImage, imageLink, ...fields } = params;
  if (switches.values.taxAmount === 'required' && params.taxAmount === undefined) {
    return { refused: refusal('taxAmount') };
  }
  if (state.products.has(sku)) {
    const form = switches.values.duplicateSku === 'errorCode14' ? 'old' : 'new';
    return { refused: refusal('skuExists', undefined, form) };
  }
  const productId = state.next.product++;
  state.addProduct({ productId, sku, name: productName, barcode, productImage: productImage ?? imageLink, fields });
  return { body: { productId, success: true }, effect: { id: productId } };
};

export const productList: Handler<'productList'> = ({ pageSize = 100, currentPage = 1 }, { world }) => {
  const { productList: all } = world.state;
  const first = (currentPage - 1) * pageSize;
  const products = all.slice(first, first + pageSize).map(({ name, productImage, sku, barcode }) => ({
    name,
    productImage: productImage ?? '',
    sku,
    barcode: barcode ?? '',
  }));
  const productCount = world.switches.values.productCount === 'total' ? all.length : products.length;
  return { body: { success: true, productCount, products } };
};
