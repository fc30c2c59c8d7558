import { otoAddresses } from './address.ts';

/** What config/example.yaml shows where an option has no default, or where its default shows too little. */
export function exampleConfig(connector: string, options: unknown): Record<string, unknown> {
  return {
    timezone: 'Asia/Riyadh',
    oto: {
      environment: 'production',
      baseUrl: otoAddresses.production,
      refreshToken: '${OTO_REFRESH_TOKEN}',
      orderTimezone: 'Asia/Riyadh',
    },
    database: { url: '${DATABASE_URL}' },
    sources: { erp: { connector, options, units: { PCS: '1', CTN: '12' } } },
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN', 'RUH-RACK-*'] }],
    ignoreLocations: [{ source: 'erp', erp: ['TRANSIT-*'] }],
    flows: {
      products: { from: 'erp', schedule: '*/15 * * * *' },
      stock: { from: 'erp', schedule: '0 2 * * *' },
      documents: { from: 'erp', schedule: '*/10 * * * *', watch: true, startFrom: '2026-11-20' },
      packing: { to: 'erp', schedule: '*/5 * * * *', orderPrefix: 'SO-' },
      'stock-back': { to: 'erp', schedule: '30 2 * * *' },
    },
    http: {
      tls: { cert: '/etc/oto-bridge/cert.pem', key: '/etc/oto-bridge/key.pem' },
      metricsToken: '${METRICS_TOKEN}',
    },
    hooks: { erp: { secret: '${ERP_HOOK_SECRET}' } },
    webhooks: {
      url: 'https://bridge.example.com',
      authorizationKey: '${OTO_WEBHOOK_AUTHORIZATION}',
      secretKey: '${OTO_WEBHOOK_SECRET}',
    },
    alerts: {
      name: 'riyadh',
      webhook: { url: '${ALERT_URL}', headers: { authorization: '${ALERT_TOKEN}' } },
      repeatHours: 12,
    },
    proxy: '${PROXY_URL}',
    caFile: '${CA_FILE}',
  };
}
