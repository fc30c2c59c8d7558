import { Random } from './random.ts';

/** A product of the demo retailer, as its ERP keeps it. */
export interface DemoProduct {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly arabicName: string;
  readonly category: string;
  readonly kind: 'Inventory' | 'Assembly' | 'Service';
  /** In halalas, without VAT. */
  readonly price: number;
  readonly barcode: string;
  readonly origin: string;
  readonly hsCode: string;
  readonly active: boolean;
}

type Names = readonly [english: string, arabic: string];
type Item = readonly [
  english: string,
  arabic: string,
  category: string,
  prefix: string,
  low: number,
  high: number,
  hsCode: string,
];

// Prices from and to are in riyals.
const items: readonly Item[] = [
  ['Dates', 'تمر', 'Food', 'FOD', 18, 140, '08041010'],
  ['Arabic Coffee', 'قهوة عربية', 'Food', 'FOD', 22, 95, '09012100'],
  ['Black Tea', 'شاي أسود', 'Food', 'FOD', 9, 48, '09023000'],
  ['Cardamom', 'هيل', 'Food', 'FOD', 30, 160, '09083100'],
  ['Saffron', 'زعفران', 'Food', 'FOD', 45, 420, '09102010'],
  ['Honey', 'عسل', 'Food', 'FOD', 40, 380, '04090000'],
  ['Basmati Rice', 'أرز بسمتي', 'Food', 'FOD', 28, 130, '10063000'],
  ['Oud Incense', 'بخور عود', 'Perfume', 'PRF', 60, 950, '33074100'],
  ['Eau de Parfum', 'عطر', 'Perfume', 'PRF', 85, 780, '33030010'],
  ['Musk Oil', 'دهن مسك', 'Perfume', 'PRF', 35, 260, '33012900'],
  ['Incense Burner', 'مبخرة', 'Home', 'HOM', 40, 310, '83062900'],
  ['Coffee Pot', 'دلة قهوة', 'Home', 'HOM', 75, 460, '73239300'],
  ['Coffee Cups, Set of 6', 'طقم فناجين 6 قطع', 'Home', 'HOM', 35, 210, '69111000'],
  ['Prayer Rug', 'سجادة صلاة', 'Home', 'HOM', 30, 240, '57024200'],
  ['Bath Towel', 'منشفة حمام', 'Home', 'HOM', 25, 120, '63026000'],
  ['Thobe', 'ثوب', 'Clothing', 'CLO', 95, 420, '62034200'],
  ['Abaya', 'عباية', 'Clothing', 'CLO', 140, 890, '62114300'],
  ['Shemagh', 'شماغ', 'Clothing', 'CLO', 60, 260, '62149000'],
  ['Leather Sandals', 'نعال جلد', 'Clothing', 'CLO', 70, 330, '64035900'],
  ['Phone Charger', 'شاحن جوال', 'Electronics', 'ELC', 35, 190, '85044000'],
  ['Wireless Earbuds', 'سماعات لاسلكية', 'Electronics', 'ELC', 90, 720, '85183000'],
  ['Power Bank', 'بطارية متنقلة', 'Electronics', 'ELC', 60, 280, '85076000'],
  ['LED Lamp', 'مصباح ليد', 'Electronics', 'ELC', 15, 85, '85395200'],
  ['Shampoo', 'شامبو', 'Care', 'CAR', 14, 75, '33051000'],
  ['Hand Cream', 'كريم يدين', 'Care', 'CAR', 10, 65, '33049900'],
];

const brands: readonly Names[] = [
  ['Najd', 'نجد'],
  ['Al Waha', 'الواحة'],
  ['Tuwaiq', 'طويق'],
  ['Marjan', 'مرجان'],
  ['Rimal', 'رمال'],
  ['Sahara Gold', 'ذهب الصحراء'],
  ['Dar Al Bait', 'دار البيت'],
  ['Asir', 'عسير'],
  ['Qasim', 'القصيم'],
  ['Yanbu', 'ينبع'],
];

const variants: readonly Names[] = [
  ['Classic', 'كلاسيك'],
  ['Premium', 'فاخر'],
  ['Small', 'صغير'],
  ['Large', 'كبير'],
  ['White', 'أبيض'],
  ['Black', 'أسود'],
  ['Gift Box', 'علبة هدية'],
  ['Family "Saver"', 'عائلي "توفير"'],
  ['Limited, 2026', 'إصدار محدود، 2026'],
];

const services: readonly Names[] = [
  ['Gift Wrapping', 'تغليف هدايا'],
  ['Engraving', 'نقش'],
  ['Home Delivery', 'توصيل للمنزل'],
  ['Extended Warranty', 'ضمان ممتد'],
];

const kits: readonly Names[] = [
  ['Majlis Hospitality Set', 'طقم ضيافة المجلس'],
  ['Ramadan Basket', 'سلة رمضان'],
  ['Umrah Travel Set', 'طقم سفر العمرة'],
  ['Oud and Musk Duo', 'ثنائي العود والمسك'],
];

/** The check digit of an EAN-13 barcode's first twelve digits. */
export function ean13(twelve: string): string {
  let sum = 0;
  for (let n = 0; n < 12; n += 1) sum += Number(twelve[n]) * (n % 2 === 0 ? 1 : 3);
  return twelve + String((10 - (sum % 10)) % 10);
}

function barcode(n: number): string {
  // 628: GS1 Saudi Arabia.
  return ean13(`628${String(1_000_000 + n).padStart(9, '0')}`);
}

/** All products: 2,000 × `scale` with stock of their own, then a few kits and services, which have none. */
export function catalogue(seed: number, scale: number): DemoProduct[] {
  const random = new Random(seed);
  const products: DemoProduct[] = [];
  const add = (
    names: Names,
    more: Pick<DemoProduct, 'category' | 'kind' | 'price' | 'hsCode'> & { prefix: string },
  ) => {
    const n = products.length + 1;
    const { prefix, ...rest } = more;
    products.push({
      id: String(500_000 + n),
      sku: `${prefix}-${String(n).padStart(5, '0')}`,
      name: names[0],
      arabicName: names[1],
      barcode: barcode(n),
      origin: random.pick(['SA', 'SA', 'AE', 'IN', 'CN', 'TR', 'EG']),
      active: !random.chance(0.01),
      ...rest,
    });
  };
  const wanted = Math.round(2000 * scale);
  for (let round = 1; products.length < wanted; round += 1) {
    for (const [english, arabic, category, prefix, low, high, hsCode] of items) {
      for (const brand of brands) {
        for (const variant of variants) {
          if (products.length === wanted) break;
          const model = round === 1 ? '' : ` ${round}`;
          add([`${brand[0]} ${english} ${variant[0]}${model}`, `${arabic} ${brand[1]} ${variant[1]}${model}`], {
            category,
            prefix,
            hsCode,
            kind: 'Inventory',
            price: random.whole(low * 4, high * 4) * 25,
          });
        }
      }
    }
  }
  const rest = { hsCode: '', price: 4900 };
  for (const names of kits) add(names, { ...rest, category: 'Sets', prefix: 'KIT', kind: 'Assembly' });
  for (const names of services) add(names, { ...rest, category: 'Services', prefix: 'SRV', kind: 'Service' });
  return products;
}
