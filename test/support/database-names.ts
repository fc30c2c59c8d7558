export const templateName = 'template_bridge';
/** The schema of the bridge in every test database. */
export const schema = 'oto_bridge';

/** The address of another database on the same server. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
