/** Options of the CSV connector that fit the demo export. `dir` is to be added. The same mapping stands in config/demo.yaml. */
export const demoSource = {
  products: {
    files: 'products.csv',
    ready: 'rename',
    columns: {
      id: 'Item Id',
      sku: 'Item No.',
      name: 'Description',
      description: 'Description AR',
      price: 'Unit Price',
      taxAmount: 'VAT Amount',
      barcode: 'Barcode',
      category: 'Item Category',
      hsCode: 'Tariff No.',
      origin: 'Country of Origin',
      active: 'Active',
      type: 'Type',
    },
    types: { Inventory: 'storable', Assembly: 'kit', Service: 'service' },
  },
  stock: {
    files: 'stock.csv',
    ready: 'rename',
    columns: {
      sku: 'Item No.',
      location: 'Location Code',
      quantity: 'Qty on Hand',
      unit: 'Unit of Measure',
    },
  },
  documents: {
    files: 'documents-*.csv',
    ready: 'rename',
    columns: {
      id: 'Entry Id',
      kind: 'Document Type',
      number: 'Document No.',
      date: 'Posting Date',
      bookedAt: 'Posted At',
      location: 'Location Code',
      partner: 'Vendor',
      waybill: 'Waybill No.',
      sku: 'Item No.',
      quantity: 'Quantity',
      unit: 'Unit of Measure',
    },
    kinds: { GRN: 'purchase', WOF: 'disposal' },
    dateFormat: 'DD/MM/YYYY',
  },
  write: { packing: 'out/packing', stock: 'out/stock' },
} as const;

/** Base units in one of each unit, as `sources.<name>.units` takes them. */
export const demoUnits = { PCS: '1', CTN12: '12' } as const;

/** The demo's locations: the ERP's code and OTO's. */
export const demoLocations = [
  { erp: 'RUH-MAIN', oto: 'RUH1', name: 'Riyadh Warehouse', branch: false },
  { erp: 'JED-MAIN', oto: 'JED1', name: 'Jeddah Warehouse', branch: false },
  { erp: 'DMM-MAIN', oto: 'DMM1', name: 'Dammam Warehouse', branch: false },
  { erp: 'RUH-OLAYA', oto: 'OLAYA', name: 'Olaya Branch', branch: true },
] as const;
