import type { Examples } from './example.ts';

const doneSaying = { success: true, message: 'done' };

const inbound = {
  action: 'inbound',
  locationCode: 'WHA',
  binLocationName: 'test',
  orderDate: '31/03/2022',
  deliveryDate: '31/03/2023',
  waybillNumber: '12345',
  description: 'loc1',
};

export const goods = {
  createProduct: {
    method: 'POST',
    path: '/createProduct',
    requests: [
      {
        productName: 'Pencil',
        sku: '1234AB123CDEas',
        price: '23.5',
        taxAmount: '11',
        barcode: '1245125123421',
        secondBarcode: '231412312',
        description: 'This is product description',
        brandId: 6345,
        category: 'Category of the product',
        productImage: '',
        customAttributes: [{ attributeName: '112', attributeValue: 'test product' }],
      },
    ],
    answers: [{ productId: 4411, success: true }],
  },
  productList: {
    method: 'POST',
    path: '/productList',
    requests: [{ pageSize: 100, currentPage: 1 }],
    answers: [
      { success: true, productCount: 1, products: [{ name: 'Pencil', productImage: '', sku: 'A', barcode: 1 }] },
    ],
  },
  addBox: {
    method: 'POST',
    path: '/addBox',
    requests: [{ name: 'xsmall', length: 25, width: 24, height: 9 }],
    answers: [doneSaying],
  },
  updateBox: {
    method: 'POST',
    path: '/updateBox',
    requests: [{ name: 'xsmall', length: 3, width: 4, height: 3 }],
    answers: [doneSaying],
  },
  getBox: {
    method: 'GET',
    path: '/getBox',
    requests: [{ name: 'medium' }, {}],
    answers: [{ success: true, boxes: [{ id: 1, boxName: 'medium', length: 3, width: '4.5', height: 3 }] }],
  },
  updateStockQuantity: {
    method: 'POST',
    path: '/updateStockQuantity',
    requests: [{ actionType: 'adjust', locationCode: 'ASDS', sku: '156487494561', qty: '40' }],
    answers: [{ success: true, warnings: ['Stock is increased'], transactionID: 7 }],
  },
  checkInventoryStock: {
    method: 'GET',
    path: '/checkInventoryStock',
    requests: [{ sku: 'SG1,SG2,SG3' }],
    answers: [{ success: true, stock: { SG1: [{ sku: 'SG1', quantityForecasted: -7, quantityOnHand: 3 }] } }],
  },
  checkGlobalStock: {
    method: 'GET',
    path: '/checkGlobalStock',
    requests: [{ sku: '12,123123' }],
    answers: [
      { success: true, stock: { '12': [{ sku: '12', quantityOnHand: 39, quantityForecasted: 122 }] } },
      { success: true, stock: { '12': { sku: '12', quantityOnHand: 39 } } },
    ],
  },
  createInventoryOrder: {
    method: 'POST',
    path: '/createInventoryOrder',
    requests: [
      { ...inbound, items: [{ sku: '12345', qty: 10 }] },
      { ...inbound, items: [{ sku: '123123', qty: '1' }] },
    ],
    answers: [{ success: true, otoId: 4026 }],
  },
  updatePackingStatus: {
    method: 'POST',
    path: '/updatePackingStatus',
    requests: [{ orderId: '123', packingStatus: 'packed' }],
    answers: [doneSaying],
  },
  getPackingOrders: {
    method: 'POST',
    path: '/getPackingOrders',
    requests: [{ warehouseCode: 'WH123' }],
    answers: [{ success: true, count: 1, orders: [{ orderId: '1', items: [{ name: 'x', quantity: 1, sku: 'A' }] }] }],
  },
} satisfies Examples;
