/** An order that the simulator takes as it is, without any product of the account. */
export const customer = {
  name: 'عبدالله الغامدي',
  mobile: '546607389',
  address: '6832, Abruq AR Rughamah District',
  city: 'Jeddah',
  country: 'SA',
};

export const order = {
  orderId: 'SO-1',
  pickupLocationCode: 'RUH1',
  payment_method: 'paid',
  amount: 20,
  amount_due: 0,
  currency: 'SAR',
  customer,
  items: [{ sku: 'A', name: 'A', price: 10, quantity: 2 }],
};
