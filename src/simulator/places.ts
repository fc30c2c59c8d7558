/** Cities as the simulated carriers know them. Coordinates are in degrees, near enough for a price. */
export interface City {
  readonly name: string;
  readonly arabic: string;
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
}

type Row = readonly [name: string, arabic: string, lat: number, lon: number];

const byCountry: Readonly<Record<string, readonly Row[]>> = {
  SA: [
    ['Riyadh', 'الرياض', 24.71, 46.68],
    ['Jeddah', 'جدة', 21.49, 39.19],
    ['Makkah', 'مكة المكرمة', 21.39, 39.86],
    ['Madinah', 'المدينة المنورة', 24.47, 39.61],
    ['Dammam', 'الدمام', 26.42, 50.09],
    ['Al Khobar', 'الخبر', 26.22, 50.2],
    ['Dhahran', 'الظهران', 26.29, 50.11],
    ['Al Jubail', 'الجبيل', 27.0, 49.66],
    ['Al Hofuf', 'الهفوف', 25.38, 49.59],
    ['Taif', 'الطائف', 21.27, 40.42],
    ['Buraydah', 'بريدة', 26.33, 43.97],
    ['Unayzah', 'عنيزة', 26.08, 43.99],
    ['Tabuk', 'تبوك', 28.38, 36.57],
    ['Hail', 'حائل', 27.52, 41.69],
    ['Abha', 'أبها', 18.22, 42.51],
    ['Khamis Mushait', 'خميس مشيط', 18.3, 42.73],
    ['Najran', 'نجران', 17.49, 44.13],
    ['Jazan', 'جازان', 16.89, 42.57],
    ['Yanbu', 'ينبع', 24.09, 38.06],
    ['Al Kharj', 'الخرج', 24.15, 47.31],
  ],
  AE: [
    ['Dubai', 'دبي', 25.2, 55.27],
    ['Abu Dhabi', 'أبوظبي', 24.45, 54.38],
    ['Sharjah', 'الشارقة', 25.35, 55.42],
    ['Ajman', 'عجمان', 25.41, 55.44],
    ['Al Ain', 'العين', 24.21, 55.74],
    ['Ras Al Khaimah', 'رأس الخيمة', 25.79, 55.94],
    ['Fujairah', 'الفجيرة', 25.13, 56.33],
  ],
  BH: [
    ['Manama', 'المنامة', 26.23, 50.59],
    ['Muharraq', 'المحرق', 26.26, 50.61],
    ['Riffa', 'الرفاع', 26.13, 50.56],
    ['Isa Town', 'مدينة عيسى', 26.17, 50.55],
  ],
  KW: [
    ['Kuwait City', 'مدينة الكويت', 29.38, 47.99],
    ['Hawalli', 'حولي', 29.33, 48.03],
    ['Salmiya', 'السالمية', 29.33, 48.08],
    ['Al Farwaniyah', 'الفروانية', 29.28, 47.96],
    ['Al Ahmadi', 'الأحمدي', 29.08, 48.08],
  ],
  EG: [
    ['Cairo', 'القاهرة', 30.04, 31.24],
    ['Alexandria', 'الإسكندرية', 31.2, 29.92],
    ['Giza', 'الجيزة', 30.01, 31.21],
    ['Mansoura', 'المنصورة', 31.04, 31.38],
    ['Tanta', 'طنطا', 30.79, 31.0],
    ['Asyut', 'أسيوط', 27.18, 31.18],
    ['Luxor', 'الأقصر', 25.69, 32.64],
    ['Aswan', 'أسوان', 24.09, 32.9],
  ],
};

/** Codes by which OTO's documents also name these countries. */
const otherCodes: Readonly<Record<string, string>> = { UAE: 'AE', BHR: 'BH', KWT: 'KW' };

export const cities: readonly City[] = Object.entries(byCountry).flatMap(([country, rows]) =>
  rows.map(([name, arabic, lat, lon]) => ({ name, arabic, country, lat, lon })),
);

const byName = new Map(cities.flatMap((city) => [city.name, city.arabic].map((name) => [plain(name), city] as const)));

function plain(name: string): string {
  return name.trim().toLowerCase();
}

export function cityNamed(name: string): City | undefined {
  return byName.get(plain(name));
}

/** Undefined for a country without carriers. */
export function citiesOf(country: string): readonly City[] | undefined {
  const code = country.trim().toUpperCase();
  const known = otherCodes[code] ?? code;
  return Object.hasOwn(byCountry, known) ? cities.filter((city) => city.country === known) : undefined;
}

/** Kilometres in a straight line. */
export function distance(from: Pick<City, 'lat' | 'lon'>, to: Pick<City, 'lat' | 'lon'>): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const across = Math.sin(radians(to.lat - from.lat) / 2) ** 2;
  const along = Math.sin(radians(to.lon - from.lon) / 2) ** 2;
  const bend = across + Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * along;
  return 2 * 6371 * Math.asin(Math.sqrt(bend));
}
