import { type Path, pathText } from './problem.ts';

/** Remedies for fields whose description alone does not say what to write. List items are written as `[]`. */
const hints: Record<string, string> = {
  timezone:
    "Schedules and document dates are meant in the merchant's time zone, which need not be the machine's. Write for example: timezone: Asia/Riyadh",
  'flows.documents.startFrom':
    'Without it the first run would send the whole history, and OTO would count those goods again. Write the first day that OTO does not have yet, for example: startFrom: 2026-11-20',
  'oto.refreshToken':
    'Write: refreshToken: ${OTO_REFRESH_TOKEN} and set that variable (OTO: Settings, API Integrations, Connect).',
  'database.url':
    'Write: url: ${DATABASE_URL} and set that variable to the address of your PostgreSQL, or leave it out for the embedded one.',
  sources: 'Write at least one source, for example: sources: { erp: { connector: csv, options: { … } } }',
  locations: 'Write one entry for each warehouse, for example: - { oto: RUH1, source: erp, erp: ["RUH-MAIN"] }',
  flows: 'Write the flows that should run, for example: flows: { stock: { from: erp, schedule: "0 2 * * *" } }',
};

export function hintFor(path: Path): string | undefined {
  return hints[pathText(path).replace(/\[\d+\]/g, '[]')];
}
