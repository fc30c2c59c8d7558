/** Shorter values would be found in ordinary data, and cutting them out would change it. */
const shortestSecret = 8;

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= shortestSecret && clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
  }
  return clean;
}
